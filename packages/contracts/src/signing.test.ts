/** The signing of every contract, whichever it is. A new contract adds its vectors; no test. */
import crypto from "node:crypto";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Contract, Stamp } from "./contract.ts";
import {
  verifyMiposWebhook,
  verifyOlympusWebhook,
  verifyOrdeliyaWebhook,
  verifySelaWebhook,
} from "./fixtures/published-verifiers.ts";
import vectors from "./fixtures/vectors.json" with { type: "json" };
import { CONTRACTS, contractNamed } from "./registry.ts";
import { sign, verify } from "./signing.ts";

const NOW = Date.parse("2026-01-18T10:30:00.000Z");
const TOLERANCE_MS = 300_000;
const BODY = new TextEncoder().encode('{"id":"evt_1","note":"smørrebrød 🍕"}');

const named = (name: string): Contract => {
  const contract = contractNamed(name);
  if (contract === null) throw new Error(`no contract is called ${name}`);
  return contract;
};

const secretOf = (contract: Contract, seed: number): string =>
  contract.signing.newSecret(new Uint8Array(32).fill(seed));

const unitMs = (contract: Contract): number => (contract.signing.timestampUnit === "ms" ? 1 : 1_000);

const stampAt = (contract: Contract, ms: number): Stamp => ({
  eventId: "evt_1",
  eventType: contract.events[0]?.name ?? "",
  deliveryId: "del_1",
  timestamp: String(ms / unitMs(contract)),
});

const signed = (contract: Contract, body = BODY, ms = NOW) =>
  sign(contract, { secrets: [secretOf(contract, 1)], stamp: stampAt(contract, ms), body });

/** The header that carries the contract's signature: the one that the signature changes. */
const signatureHeader = (contract: Contract): string => {
  const stamp = stampAt(contract, NOW);
  const [one, other] = [contract.signing.headers(stamp, ["1"]), contract.signing.headers(stamp, ["2"])];
  const name = Object.keys(one).find((header) => one[header] !== other[header]);
  if (name === undefined) throw new Error(`${contract.name} sends no signature`);
  return name;
};

/** The same headers with the stamp written otherwise, in whichever header it stands. */
const restamped = (headers: Record<string, string>, from: string, to: string): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replace(from, to)]));

const eachOf = describe.each(CONTRACTS.map((contract) => [contract.name, contract] as const));
const timed = describe.each(
  CONTRACTS.filter(({ signing }) => signing.timestampUnit !== null).map(
    (contract) => [contract.name, contract] as const,
  ),
);

describe("the published vectors", () => {
  it.each(vectors.map((vector, index) => [`${vector.contract} ${index}`, vector] as const))(
    "%s is signed and verified byte for byte",
    async (_title, vector) => {
      const contract = named(vector.contract);
      const published = Object.entries(vector.headers).map(([name, value]) => [name.toLowerCase(), value]);
      const eventId = "webhook-id" in vector.headers ? String(vector.headers["webhook-id"]) : "evt_1";
      const stamp: Stamp = { eventId, eventType: "", deliveryId: "", timestamp: vector.timestamp ?? "" };
      const headers = await sign(contract, { secrets: [vector.secret], stamp, body: vector.body });
      expect(headers).toMatchObject(Object.fromEntries(published));

      const body = new TextEncoder().encode(vector.body);
      expect(body.length).toBe(vector.bodyBytes);
      const now = Number(vector.timestamp ?? 0) * unitMs(contract);
      const given = { headers: vector.headers, body, secrets: vector.secret, now };
      expect(await verify(contract, given)).toMatchObject({ ok: true });
    },
  );

  it("hold in base64 where the contract knows it", async () => {
    for (const vector of vectors.filter((candidate) => candidate.base64 !== undefined)) {
      const contract = named(vector.contract);
      const stamp = stampAt(contract, NOW);
      const headers = await sign(contract, {
        secrets: [vector.secret],
        stamp,
        body: vector.body,
        encoding: "base64",
      });
      expect(headers[signatureHeader(contract)]).toBe(vector.base64);
      const body = new TextEncoder().encode(vector.body);
      const given = { headers, body, secrets: vector.secret, now: NOW };
      expect(await verify(contract, { ...given, encoding: "base64" })).toMatchObject({ ok: true });
      expect(await verify(contract, given)).toEqual({ ok: false, reason: "signature_mismatch" });
    }
  });
});

eachOf("%s signs and verifies", (_name, contract) => {
  const secrets = secretOf(contract, 1);

  it("what it signs, from headers in any form", async () => {
    const headers = await signed(contract);
    const upper = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toUpperCase(), [value]]),
    );
    for (const bag of [headers, new Headers(headers), upper]) {
      const verified = await verify(contract, { headers: bag, body: BODY, secrets, now: NOW });
      expect(verified).toMatchObject({ ok: true, secretIndex: 0 });
    }
  });

  it("bytes that are no UTF-8", async () => {
    const body = new Uint8Array([0xff, 0xfe, 0x00, 0x80, 0xc3, 0x28]);
    const headers = await signed(contract, body);
    expect(await verify(contract, { headers, body, secrets, now: NOW })).toMatchObject({ ok: true });
    const other = new Uint8Array([0xff, 0xfd, 0x00, 0x80, 0xc3, 0x28]);
    expect(await verify(contract, { headers, body: other, secrets, now: NOW })).toMatchObject({ ok: false });
  });

  it("as Node's own HMAC does over the scheme's prefix and the body", async () => {
    const stamp = stampAt(contract, NOW);
    const hmac = crypto.createHmac("sha256", contract.signing.key(secrets));
    const digest = hmac.update(contract.signing.prefix(stamp)).update(BODY);
    const expected = contract.signing.headers(stamp, [digest.digest(contract.signing.encodings[0] ?? "hex")]);
    expect(await signed(contract)).toEqual(expected);
  });

  it("refuses a changed body and another secret", async () => {
    const headers = await signed(contract);
    const mismatch = { ok: false, reason: "signature_mismatch" };
    const body = BODY.map((byte, index) => (index === 3 ? byte ^ 1 : byte));
    expect(await verify(contract, { headers, body, secrets, now: NOW })).toEqual(mismatch);
    const other = secretOf(contract, 2);
    expect(await verify(contract, { headers, body: BODY, secrets: other, now: NOW })).toEqual(mismatch);
  });

  it("refuses a signature with one character changed, added, dropped or in another case", async () => {
    const headers = await signed(contract);
    const name = signatureHeader(contract);
    const good = headers[name] ?? "";
    const last = good.endsWith("0") ? "1" : "0";
    const bad = [
      `${good.slice(0, -1)}${last}`,
      `${good}0`,
      `${good}zz`,
      good.slice(0, -1),
      good.slice(0, -2),
    ];
    // A receiver's framework may trim a header; what the contract's own text is, it must be to the letter.
    for (const value of [...bad, good.toUpperCase(), `${good}==`, `${good}\n`, `${good},${good}`]) {
      const verified = await verify(contract, {
        headers: { ...headers, [name]: value },
        body: BODY,
        secrets,
        now: NOW,
      });
      expect(verified, value).toMatchObject({ ok: false });
    }
  });

  it("names a missing header apart from a malformed one", async () => {
    const headers = await signed(contract);
    const name = signatureHeader(contract);
    const { [name]: _signature, ...rest } = headers;
    const given = { body: BODY, secrets, now: NOW };
    expect(await verify(contract, { ...given, headers: rest })).toEqual({
      ok: false,
      reason: "missing_header",
    });
    expect(await verify(contract, { ...given, headers: {} })).toEqual({
      ok: false,
      reason: "missing_header",
    });
    const twice = { ...headers, [name]: [headers[name] ?? "", headers[name] ?? ""] };
    expect(await verify(contract, { ...given, headers: twice })).toMatchObject({ ok: false });
  });

  it("accepts any of several secrets and says which, and refuses when none can be one", async () => {
    const headers = await signed(contract);
    const given = { headers, body: BODY, now: NOW };
    const both = [secretOf(contract, 2), secrets];
    expect(await verify(contract, { ...given, secrets: both })).toMatchObject({ ok: true, secretIndex: 1 });
    for (const none of [[], "", [""]])
      expect(await verify(contract, { ...given, secrets: none })).toEqual({
        ok: false,
        reason: "unusable_secret",
      });
  });

  it("carries one signature, or during an overlap one of each secret where the contract has overlaps", async () => {
    const [newest, oldest] = [secretOf(contract, 2), secretOf(contract, 1)];
    const headers = await sign(contract, {
      secrets: [newest, oldest],
      stamp: stampAt(contract, NOW),
      body: BODY,
    });
    const given = { headers, body: BODY, now: NOW };
    expect(await verify(contract, { ...given, secrets: newest })).toMatchObject({ ok: true });
    expect(await verify(contract, { ...given, secrets: oldest })).toMatchObject({
      ok: contract.signing.overlap,
    });
  });

  it("makes secrets that it accepts, and throws rather than sign with none", async () => {
    for (const size of [24, 32, 64]) {
      const secret = contract.signing.newSecret(crypto.randomBytes(size));
      expect(contract.signing.checkSecret(secret)).toBeNull();
      expect(contract.signing.key(secret).length).toBeGreaterThanOrEqual(24);
    }
    expect(contract.signing.checkSecret("")).toMatch(/^must /);
    expect(contract.signing.checkSecret(`whsec_${"a".repeat(300)}`)).toMatch(/^must /);
    expect(() => contract.signing.key("")).toThrow(RangeError);
    const stamp = stampAt(contract, NOW);
    await expect(sign(contract, { secrets: [], stamp, body: BODY })).rejects.toThrow(RangeError);
  });

  it("never throws, whatever a request holds", async () => {
    const names = Object.keys(contract.signing.headers(stampAt(contract, NOW), ["1"]));
    const hostile = fc.oneof(
      fc.string(),
      fc.anything(),
      fc.constantFrom("t=1,v1=", "v1,", "NaN", "t=NaN,v1=00"),
    );
    const headers = fc.oneof(fc.anything(), fc.dictionary(fc.constantFrom(...names), hostile));
    await fc.assert(
      fc.asyncProperty(headers, fc.anything(), fc.anything(), async (bag, body, secret) => {
        const given = {
          headers: bag,
          body: body instanceof Uint8Array ? body : BODY,
          secrets: secret,
          now: NOW,
        };
        const verified = await verify(contract, given as Parameters<typeof verify>[1]);
        expect(verified.ok).toBe(false);
      }),
    );
  });

  it("takes raw bytes only, in an encoding it has", async () => {
    const headers = await signed(contract);
    const parsed = { body: {} as Uint8Array };
    expect(await verify(contract, { headers, secrets, now: NOW, ...parsed })).toEqual({
      ok: false,
      reason: "body_not_bytes",
    });
    const other = (["hex", "base64"] as const).find(
      (encoding) => !contract.signing.encodings.includes(encoding),
    );
    if (other === undefined) return;
    const verified = await verify(contract, { headers, body: BODY, secrets, now: NOW, encoding: other });
    expect(verified).toEqual({ ok: false, reason: "unsupported_encoding" });
    const stamp = stampAt(contract, NOW);
    await expect(sign(contract, { secrets: [secrets], stamp, body: BODY, encoding: other })).rejects.toThrow(
      RangeError,
    );
  });
});

timed("%s holds its window", (_name, contract) => {
  const secrets = secretOf(contract, 1);

  it.each([
    ["300 s old", TOLERANCE_MS, true, null],
    ["300 s and 1 ms old", TOLERANCE_MS + 1, false, "timestamp_too_old"],
    ["300 s ahead", -TOLERANCE_MS, true, null],
    ["300 s and 1 ms ahead", -TOLERANCE_MS - 1, false, "timestamp_too_new"],
  ])("a stamp %s", async (_title, ageMs, ok, reason) => {
    const headers = await signed(contract);
    const verified = await verify(contract, { headers, body: BODY, secrets, now: NOW + ageMs });
    expect(verified).toMatchObject(ok ? { ok, timestampMs: NOW } : { ok, reason });
  });

  it("refuses when the clock or the tolerance is no number", async () => {
    const headers = await signed(contract);
    const given = { headers, body: BODY, secrets };
    expect(await verify(contract, { ...given, now: Number.NaN })).toMatchObject({ ok: false });
    const tolerant = { ...given, now: NOW, toleranceMs: Number.NaN };
    expect(await verify(contract, tolerant)).toMatchObject({ ok: false });
  });

  it("refuses a stamp that the signature does not cover", async () => {
    const headers = await signed(contract);
    const { timestamp } = stampAt(contract, NOW);
    const moved = restamped(headers, timestamp, String(Number(timestamp) + 1));
    const verified = await verify(contract, { headers: moved, body: BODY, secrets, now: NOW });
    expect(verified).toEqual({ ok: false, reason: "signature_mismatch" });
  });

  it.each(["NaN", "Infinity", "-1", "+1", "1.5", "1e9", "0x10", " 1", "1 ", "", "01", "٣", "9".repeat(400)])(
    "refuses %j as a stamp although it is signed",
    async (timestamp) => {
      const stamp = { ...stampAt(contract, NOW), timestamp };
      const headers = await sign(contract, { secrets: [secrets], stamp, body: BODY });
      const verified = await verify(contract, { headers, body: BODY, secrets, now: Number(timestamp) });
      expect(verified).toEqual({ ok: false, reason: "malformed_header" });
    },
  );
});

describe("the published verifiers accept what we sign", () => {
  beforeEach(() => vi.useFakeTimers({ now: NOW, toFake: ["Date"] }));
  afterEach(() => vi.useRealTimers());

  const body = Buffer.from(BODY);
  const headersOf = async (name: string) => {
    const secret = secretOf(named(name), 1);
    const headers = await signed(named(name));
    return { secret, header: (header: string) => headers[header] ?? "" };
  };

  it("Sela's", async () => {
    const { secret, header } = await headersOf("sela");
    expect(verifySelaWebhook(body, header("x-sela-signature"), header("x-sela-timestamp"), secret)).toBe(
      true,
    );
  });

  it("MiPOS'", async () => {
    const { secret, header } = await headersOf("mipos");
    expect(verifyMiposWebhook(body, header("signature-webhook"), secret)).toBe(true);
  });

  it("Olympus'", async () => {
    const { secret, header } = await headersOf("olympus");
    expect(verifyOlympusWebhook(body.toString(), header("x-olympus-signature"), secret)).toBe(true);
  });

  it("Ordeliya's", async () => {
    const { secret, header } = await headersOf("ordeliya");
    const [signature, timestamp] = [header("x-webhook-signature"), header("x-webhook-timestamp")];
    expect(verifyOrdeliyaWebhook(body, signature, timestamp, secret)).toBe(true);
  });
});
