import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Child, startChild } from "./processes.mjs";
import { PROBE } from "./wire/template.mjs";

const SECRET = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
let receivers: Child;
let url: string;

beforeEach(async () => {
  receivers = startChild("receivers");
  const [port] = await receivers.call("open", { slots: [0] });
  url = `http://127.0.0.1:${port}/hook`;
});
afterEach(() => receivers.stop());

const send = (body: string, headers: Record<string, string> = {}) =>
  fetch(url, { method: "POST", headers, body });

describe("the receivers", () => {
  it("check signatures under the headers' names that the hub has", async () => {
    await receivers.call("trust", { secrets: [SECRET], headers: "svix", checkEvery: 1 });
    const body = '{"name":"~000000007~"}';
    const signature = createHmac("sha256", Buffer.alloc(24, 7)).update(`m.1.${body}`).digest("base64");
    const headers = { "svix-id": "m", "svix-timestamp": "1", "svix-signature": `v1,${signature}` };
    await send(body, headers);
    await send(body, { ...headers, "svix-timestamp": "2" });
    const counts = await receivers.call("counts");
    expect(counts).toMatchObject({ received: 2, distinct: 1, duplicates: 1, checked: 2, wrong: 1 });
  });

  it("know when a probe has come, and count it nowhere else", async () => {
    expect(await receivers.call("unprobed")).toBe(1);
    await send(`{"envelope":"~${PROBE}~"}`);
    expect(await receivers.call("unprobed")).toBe(0);
    expect(await receivers.call("counts")).toMatchObject({ received: 0, distinct: 0, unknown: 0 });
  });

  it("tell new events from those before by their number, and count each once", async () => {
    await receivers.call("markNew", { from: 7 });
    for (const number of ["000000006", "000000007", "000000007", "000000008"]) await send(`"~${number}~"`);
    expect(await receivers.call("counts")).toMatchObject({ distinct: 3, fresh: 2, duplicates: 1 });
    const arrivals: Float64Array = await receivers.call("arrivals", { slot: 0, from: 7, length: 10 });
    expect([...arrivals].map((at) => at > 0)).toEqual([true, true, false]);
  });

  it("answer a hub that asks whether an address is there", async () => {
    expect((await fetch(url, { method: "HEAD" })).status).toBe(200);
    expect((await fetch(url)).status).toBe(200);
    expect(await receivers.call("counts")).toMatchObject({ unknown: 2, distinct: 0 });
  });
});
