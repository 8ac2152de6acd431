import { createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { ContractName } from "./orders.ts";

/** Written from the contracts' documents, on purpose without a line of the hub's. */
interface Signed {
  readonly signature: string;
  /** Null where the contract signs no time. */
  readonly stampMs: number | null;
  readonly wanted: string;
}

const hex = (secret: string, prefix: string, body: string): string =>
  createHmac("sha256", secret).update(prefix).update(body).digest("hex");

const READ: Readonly<
  Record<ContractName, (header: (name: string) => string, body: string, secret: string) => Signed>
> = {
  sela: (header, body, secret) => {
    const stamp = header("x-sela-timestamp");
    const wanted = hex(secret, `${stamp}.`, body);
    return { signature: header("x-sela-signature"), stampMs: Number(stamp), wanted };
  },
  mipos: (header, body, secret) => ({
    signature: header("signature-webhook"),
    stampMs: null,
    wanted: hex(secret, "", body),
  }),
  olympus: (header, body, secret) => {
    const signature = header("x-olympus-signature");
    const stamp = /^t=(\d+),/.exec(signature)?.[1] ?? "";
    const wanted = `t=${stamp},v1=${hex(secret, `${stamp}.`, body)}`;
    return { signature, stampMs: Number(stamp) * 1_000, wanted };
  },
  ordeliya: (header, body, secret) => {
    const stamp = header("x-webhook-timestamp");
    const wanted = hex(secret, `${stamp}.`, body);
    return { signature: header("x-webhook-signature"), stampMs: Number(stamp) * 1_000, wanted };
  },
  standard: (header, body, secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
    const stamp = header("webhook-timestamp");
    const mac = createHmac("sha256", key)
      .update(`${header("webhook-id")}.${stamp}.`)
      .update(body);
    const wanted = `v1,${mac.digest("base64")}`;
    return { signature: header("webhook-signature"), stampMs: Number(stamp) * 1_000, wanted };
  },
};

/** More than any attempt takes; the published tolerance is five minutes. */
const TOLERANCE_MS = 30_000;

/** Whether it is signed with the secret, and stamped with one of the times that it may be now. */
export function isGenuine(
  contract: ContractName,
  headers: IncomingHttpHeaders,
  body: string,
  secret: string,
  times: readonly number[],
): boolean {
  const { signature, stampMs, wanted } = READ[contract]((name) => String(headers[name] ?? ""), body, secret);
  if (signature !== wanted) return false;
  return stampMs === null || times.some((now) => Math.abs(now - stampMs) < TOLERANCE_MS);
}
