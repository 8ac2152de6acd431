import { describe, expect, it } from "vitest";
import type { Integration, WebhookRequest } from "./integration.ts";
import { mipos } from "./mipos.ts";
import { olympus } from "./olympus.ts";
import { ordeliya } from "./ordeliya.ts";
import { sela } from "./sela.ts";
import { standard } from "./standard.ts";
import vectors from "./vectors.json" with { type: "json" };

const integrations = new Map<string, Integration>(
  [sela, mipos, olympus, ordeliya, standard].map((one) => [one.contract, one]),
);

function integration(contract: string): Integration {
  const found = integrations.get(contract);
  if (found === undefined) throw new Error(`no receiver for ${contract}`);
  return found;
}

const MINUTE_MS = 60_000;
const signatureHeaders = new Set([
  "x-sela-signature",
  "signature-webhook",
  "x-olympus-signature",
  "x-webhook-signature",
  "webhook-signature",
]);

/** A vector as Node would hand it over: header names in lower case, and the time at which it was signed. */
const cases = vectors.map((vector, index) => {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(vector.headers)) headers[name.toLowerCase()] = value;
  const stamp = Number(vector.timestamp ?? Date.now());
  return {
    title: `${vector.contract} #${index}`,
    receiver: integration(vector.contract),
    secret: vector.secret,
    now: stamp > 1e12 ? stamp : stamp * 1000,
    timed: vector.timestamp !== null,
    request: { headers, body: Buffer.from(vector.body) } satisfies WebhookRequest,
  };
});

/** The request with its signature header changed. */
function forged(request: WebhookRequest, change: (signature: string) => string): WebhookRequest {
  const headers = { ...request.headers };
  for (const [name, value] of Object.entries(request.headers)) {
    if (signatureHeaders.has(name)) headers[name] = change(String(value));
  }
  return { ...request, headers };
}

describe.each(cases)("the receiver of $title", ({ receiver, secret, now, request }) => {
  it("verifies the published vector", () => {
    expect(receiver.verify(request, secret, now)).toBeNull();
  });

  it("refuses a changed body, another secret and a missing signature", () => {
    const body = Buffer.concat([request.body, Buffer.from(" ")]);
    expect(receiver.verify({ ...request, body }, secret, now)).toBe("signature mismatch");
    expect(receiver.verify(request, `${secret}XYZ1`, now)).toBe("signature mismatch");
    expect(receiver.verify({ ...request, headers: {} }, secret, now)).toMatch(/missing/);
  });

  it("refuses a signature of another length, or with junk behind it, without throwing", () => {
    for (const change of [
      (text: string) => text.slice(0, -2),
      (text: string) => `${text}zz`,
      () => "",
      () => "t=,v1=",
      () => "v1,",
    ]) {
      expect(receiver.verify(forged(request, change), secret, now)).not.toBeNull();
    }
  });
});

// MiPOS signs no time, so there is nothing of it to refuse.
describe.each(cases.filter(({ timed }) => timed))(
  "the receiver of $title",
  ({ receiver, secret, now, request }) => {
    it("refuses a stamp more than five minutes off, either way", () => {
      expect(receiver.verify(request, secret, now + 4 * MINUTE_MS)).toBeNull();
      expect(receiver.verify(request, secret, now + 6 * MINUTE_MS)).toBe("timestamp outside five minutes");
      expect(receiver.verify(request, secret, now - 6 * MINUTE_MS)).toBe("timestamp outside five minutes");
    });
  },
);
