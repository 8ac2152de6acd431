/** What one contract's signature looks like otherwise than another's. */
import { describe, expect, it } from "vitest";
import type { Stamp } from "./contract.ts";
import { base64 } from "./encoding.ts";
import { mipos } from "./mipos/index.ts";
import { olympus } from "./olympus/index.ts";
import { ordeliya } from "./ordeliya/index.ts";
import { sela } from "./sela/index.ts";
import { sign, verify } from "./signing.ts";
import { standard } from "./standard/index.ts";

const NOW = 1_768_732_200_000;
const STAMP: Stamp = {
  eventId: "evt_1",
  eventType: "order.created",
  deliveryId: "del_1",
  timestamp: "1768732200",
};
const BODY = new TextEncoder().encode("{}");

describe("the headers", () => {
  it("of each contract are the documented ones", () => {
    expect(sela.signing.headers({ ...STAMP, timestamp: "1768732200000" }, ["ab"])).toEqual({
      "x-sela-signature": "ab",
      "x-sela-timestamp": "1768732200000",
      "x-sela-delivery": "del_1",
      "x-sela-event": "order.created",
      "x-sela-signature-version": "v1",
    });
    expect(mipos.signing.headers(STAMP, ["ab"])).toEqual({ "signature-webhook": "ab" });
    expect(olympus.signing.headers(STAMP, ["ab"])).toEqual({ "x-olympus-signature": "t=1768732200,v1=ab" });
    expect(ordeliya.signing.headers(STAMP, ["ab"])).toEqual({
      "x-webhook-signature": "ab",
      "x-webhook-timestamp": "1768732200",
      "x-webhook-id": "evt_1",
    });
    expect(standard.signing.headers(STAMP, ["ab=", "cd="])).toEqual({
      "webhook-id": "evt_1",
      "webhook-timestamp": "1768732200",
      "webhook-signature": "v1,ab= v1,cd=",
    });
  });

  it("name JSON and a user agent, Ordeliya's its own", () => {
    for (const { deliveryHeaders } of [sela, mipos, olympus, standard])
      expect(deliveryHeaders).toEqual({ "content-type": "application/json", "user-agent": "Ticketrail/0.1" });
    expect(ordeliya.deliveryHeaders).toEqual({
      "content-type": "application/json",
      "user-agent": "Ordeliya-Webhooks/1.0",
    });
  });
});

describe("Olympus' header", () => {
  it.each(["t=1,v1=ab,v1=cd", "v1=ab,t=1", "t=1, v1=ab", "t=1", "t=1,v0=ab", "T=1,v1=ab", "", ","])(
    "is not read as %j",
    (value) => {
      expect(olympus.signing.read(() => value)).toBeNull();
    },
  );

  it("is read in its exact form", () => {
    expect(olympus.signing.read(() => "t=1,v1=ab")).toEqual({
      timestamp: "1",
      eventId: "",
      signatures: ["ab"],
    });
  });
});

describe("Standard Webhooks", () => {
  const secrets = standard.signing.newSecret(new Uint8Array(32).fill(1));
  const verified = async (
    change: (headers: Record<string, string>) => Record<string, string | undefined>,
  ) => {
    const headers = await sign(standard, { secrets: [secrets], stamp: STAMP, body: BODY });
    return verify(standard, { headers: change(headers), body: BODY, secrets, now: NOW });
  };

  it("gives the signed id back, and refuses it changed, missing or with a dot", async () => {
    expect(await verified((headers) => headers)).toMatchObject({ ok: true, eventId: "evt_1" });
    expect(await verified((headers) => ({ ...headers, "webhook-id": "evt_2" }))).toMatchObject({ ok: false });
    expect(await verified((headers) => ({ ...headers, "webhook-id": undefined }))).toEqual({
      ok: false,
      reason: "missing_header",
    });
    const stamp = { ...STAMP, eventId: "evt_1.1" };
    const dotted = await sign(standard, { secrets: [secrets], stamp, body: BODY });
    expect(await verified(() => dotted)).toEqual({ ok: false, reason: "malformed_header" });
  });

  it("finds its signature among others' and other versions", async () => {
    const among = (headers: Record<string, string>) => ({
      ...headers,
      "webhook-signature": `v1a,xyz v1,AAAA ${headers["webhook-signature"]} v2,abc`,
    });
    expect(await verified(among)).toMatchObject({ ok: true });
  });

  it("does not take its signature under another version's name, or where none is its own", async () => {
    for (const version of ["v2,", "v1a", "v1=", "V1,", ""]) {
      const other = await verified((headers) => ({
        ...headers,
        "webhook-signature": (headers["webhook-signature"] ?? "").replace("v1,", version),
      }));
      expect(other, version).toEqual({ ok: false, reason: "malformed_header" });
    }
  });

  it("signs with both secrets during an overlap, and no other contract does", async () => {
    const overlapping = [sela, mipos, olympus, ordeliya, standard].filter(({ signing }) => signing.overlap);
    expect(overlapping).toEqual([standard]);
    const both = [standard.signing.newSecret(new Uint8Array(32).fill(2)), secrets];
    const headers = await sign(standard, { secrets: both, stamp: STAMP, body: BODY });
    expect(headers["webhook-signature"]).toMatch(/^v1,[^ ]{44} v1,[^ ]{44}$/);
  });
});

describe("a secret", () => {
  const bytes = (count: number) => `whsec_${base64(new Uint8Array(count).fill(7))}`;

  it("of Standard Webhooks is base64 of 24 to 64 bytes behind whsec_, in its canonical form", () => {
    for (const good of [24, 25, 26, 64]) expect(standard.signing.checkSecret(bytes(good))).toBeNull();
    for (const bad of [bytes(23), bytes(65), bytes(24).slice(6), `${bytes(24)} `, "whsec_", `${bytes(24)}A`])
      expect(standard.signing.checkSecret(bad), bad).toMatch(/^must /);
    const unpadded = bytes(25).replace(/=+$/, "");
    const urlSafe = `whsec_${"_-".repeat(16)}`;
    const strayBits = `${bytes(25).slice(0, -3)}9==`;
    for (const bad of [unpadded, urlSafe, strayBits])
      expect(() => standard.signing.key(bad)).toThrow(RangeError);
  });

  it("of Ordeliya has at least 32 characters, of the others one, of all but ours at most 256", () => {
    expect(ordeliya.signing.checkSecret("s".repeat(31))).toBe("must have at least 32 characters");
    expect(ordeliya.signing.checkSecret("s".repeat(32))).toBeNull();
    for (const { signing } of [sela, mipos, olympus]) expect(signing.checkSecret("s")).toBeNull();
    for (const { signing } of [sela, mipos, olympus, ordeliya]) {
      expect(signing.checkSecret("s".repeat(256))).toBeNull();
      expect(signing.checkSecret("s".repeat(257))).toBe("must have at most 256 characters");
    }
  });

  it("is the key with its prefix and in UTF-8, but for ours", () => {
    expect(new TextDecoder().decode(sela.signing.key("whsec_ü"))).toBe("whsec_ü");
    expect(standard.signing.key(bytes(24))).toEqual(new Uint8Array(24).fill(7));
  });
});
