import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** A self-signed certificate for tests, since Node makes none and not every machine has OpenSSL's command. */
export function selfSigned(options: { readonly host: string; readonly validUntil: Date }): {
  readonly key: string;
  readonly cert: string;
} {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = der(0x30, der(0x31, der(0x30, COMMON_NAME, der(0x0c, Buffer.from(options.host)))));
  const validFrom = new Date(options.validUntil.getTime() - 30 * 86_400_000);
  const tbs = der(
    0x30,
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    ECDSA_SHA256,
    name,
    der(0x30, time(validFrom), time(options.validUntil)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, der(0x30, subjectAltName(options.host))),
  );
  const signature = sign("sha256", tbs, privateKey);
  const certificate = der(0x30, tbs, ECDSA_SHA256, der(0x03, Buffer.of(0), signature));
  const lines = certificate.toString("base64").replace(/(.{64})/g, "$1\n");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}

/** RFC 5280 in DER: a tag, a length, and the parts. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length =
    body.length < 0x80 ? Buffer.of(body.length) : Buffer.of(0x82, body.length >> 8, body.length & 0xff);
  return Buffer.concat([Buffer.of(tag), length, body]);
}

const time = (date: Date): Buffer => der(0x18, Buffer.from(date.toISOString().replace(/[-:T]|\.\d+/g, "")));

const subjectAltName = (host: string): Buffer =>
  der(0x30, SUBJECT_ALT_NAME, der(0x04, der(0x30, der(0x82, Buffer.from(host)))));

const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, "hex"));
const COMMON_NAME = oid("550403");
const SUBJECT_ALT_NAME = oid("551d11");
const ECDSA_SHA256 = der(0x30, oid("2a8648ce3d040302"));
