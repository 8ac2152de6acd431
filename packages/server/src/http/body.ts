import type { IncomingHttpHeaders } from "node:http";
import { Refusal } from "../domain/error.ts";

/** The strict parser: fatal UTF-8, bounded depth, no duplicate keys, no `__proto__`. quality: "Input". */
export type ParseJson = (
  bytes: Uint8Array,
) => { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };

/** quality: "256 KB a body". */
export const BODY_LIMIT = 262_144;

const JSON_TYPE = /^application\/([a-z0-9.+-]+\+)?json$/;

/** Throws `unsupported_media_type` for a body that is compressed, or not said to be JSON. */
export function checkMedia(headers: IncomingHttpHeaders, isEmpty: boolean, anyMediaType: boolean): void {
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding.trim().toLowerCase() !== "identity") {
    throw new Refusal(
      "unsupported_media_type",
      "The body is compressed. Send it as it is, without Content-Encoding.",
    );
  }
  const type = headers["content-type"];
  if (isEmpty || anyMediaType || type === "application/json") return;
  if (!isJson(type)) {
    throw new Refusal(
      "unsupported_media_type",
      "Send the body as JSON, with Content-Type: application/json.",
    );
  }
}

function isJson(type: string | undefined): boolean {
  const [name = "", ...parameters] = (type ?? "").toLowerCase().split(";");
  const charset = parameters.map((one) => one.trim()).find((one) => one.startsWith("charset="));
  const utf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  return utf8 && JSON_TYPE.test(name.trim());
}

/** No body at all is an empty object: its schema then says what is missing. Throws `malformed_json`. */
export function readBody(parse: ParseJson, bytes: Uint8Array | null): unknown {
  if (bytes === null || bytes.length === 0) return {};
  const result = parse(bytes);
  if (!result.ok) throw new Refusal("malformed_json", result.message);
  return result.value;
}
