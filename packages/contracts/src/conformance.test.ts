/** What every contract's events hold, whichever it is. A new contract adds golden payloads; no test. */

import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CANONICAL_EVENTS, type CanonicalEventType } from "./canonical.ts";
import type { Contract, JsonSchema } from "./contract.ts";
import { canonicalDataSchema } from "./data-schemas.ts";
import { GOLDEN } from "./fixtures/golden.ts";
import { anyOrder, event, order, STORE, TIME } from "./fixtures/orders.ts";
import { CONTRACTS, contractNamed } from "./registry.ts";
import { sampleEvent } from "./samples.ts";

const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true, allErrors: true });
addFormats.default(ajv);

const named = (name: string): Contract => {
  const contract = contractNamed(name);
  if (contract === null) throw new Error(`no contract is called ${name}`);
  return contract;
};

const carriedBy = (contract: Contract): readonly CanonicalEventType[] =>
  CANONICAL_EVENTS.filter((type) => contract.events.some(({ canonical }) => canonical.includes(type)));

const isOrders = (type: CanonicalEventType): boolean => type.startsWith("order.");

const eachOf = describe.each(CONTRACTS.map((contract) => [contract.name, contract] as const));
const eachWithRecords = describe.each(
  CONTRACTS.map((contract) => ({
    name: contract.name,
    contract,
    types: carriedBy(contract).filter((type) => !isOrders(type)),
  })).filter(({ types }) => types.length > 0),
);

describe("the documents' examples", () => {
  it.each(GOLDEN.map((golden) => [`${golden.contract}: ${golden.title}`, golden] as const))(
    "%s, field for field",
    (_title, golden) => {
      const encoded = named(golden.contract).encode(golden.event, { ...STORE, ...golden.store });
      expect(JSON.parse(encoded?.body ?? "null")).toStrictEqual(golden.body);
    },
  );
});

const validator = (schema: JsonSchema) => {
  const validate = ajv.compile(schema);
  return (value: unknown): string => (validate(value) ? "" : ajv.errorsText(validate.errors));
};

/** What the catalogue's schema says against an encoded event; empty where it accepts. */
const complaints = (contract: Contract) => {
  const validators = new Map(contract.events.map(({ name, schema }) => [name, validator(schema)]));
  return (encoded: ReturnType<Contract["encode"]>): string => {
    if (encoded === null) return "not in the catalogue";
    return (
      validators.get(encoded.type)?.(JSON.parse(encoded.body)) ?? `${encoded.type} is not in the catalogue`
    );
  };
};

eachOf("%s encodes", (_name, contract) => {
  const complaint = complaints(contract);
  const orderEvents = carriedBy(contract).filter(isOrders);

  it("each event of its catalogue, with an example and a sample that its schema accepts", () => {
    for (const { name, schema, example } of contract.events) {
      expect(validator(schema)(example), name).toBe("");
      const sample = contract.sample(name, { id: "evt_test_1", createdAt: TIME }, STORE);
      expect(sample.type).toBe(name);
      expect(complaint(sample), name).toBe("");
    }
  });

  it("no event that its catalogue does not have, and sends none under two names", () => {
    for (const type of CANONICAL_EVENTS) {
      const names = contract.events
        .filter(({ canonical }) => canonical.includes(type))
        .map(({ name }) => name);
      const encoded = contract.encode(sampleEvent(type, { id: "evt_1", createdAt: TIME }, STORE), STORE);
      expect(encoded === null ? [] : [encoded.type]).toEqual(names);
    }
    const unknown = event("order.exploded" as CanonicalEventType, order());
    expect(contract.encode(unknown, STORE)).toBeNull();
    expect(() => contract.sample("order.exploded", { id: "evt_1", createdAt: TIME }, STORE)).toThrow(
      RangeError,
    );
  });

  it("any order into a body that its schema accepts", () => {
    fc.assert(
      fc.property(anyOrder, fc.constantFrom(...orderEvents), (data, type) => {
        expect(complaint(contract.encode(event(type, data), STORE))).toBe("");
      }),
    );
  });

  it("the same event to the same bytes", () => {
    const same = event("order.created", order());
    expect(contract.encode(same, STORE)).toEqual(contract.encode(structuredClone(same), STORE));
  });

  it("its own unknown fields again and nobody else's, overriding none", () => {
    const known = JSON.parse(contract.encode(event("order.created", order()), STORE)?.body ?? "null");
    const fields = JSON.parse(
      '{"loyaltyTier":"gold","__proto__":1,"id":"forged","status":"forged","total":-1}',
    );
    const others = CONTRACTS.filter(({ name }) => name !== contract.name).map(({ name }) => [
      name,
      { alien: 1 },
    ]);
    const extensions = { ...Object.fromEntries(others), [contract.name]: fields };
    const body = contract.encode(event("order.created", order({ extensions })), STORE)?.body ?? "";
    expect(body).toContain('"loyaltyTier":"gold"');
    expect(body).not.toMatch(/alien|__proto__/);
    const parsed = JSON.parse(body);
    const [inner, knownInner] = [parsed.data ?? parsed, known.data ?? known];
    for (const name of Object.keys(knownInner)) expect(inner[name], name).toEqual(knownInner[name]);
  });

  it("an order that is a line of text as such, at no price", () => {
    const text = order({ items: [], summary: "2 burgers, fries" });
    const body = contract.encode(event("order.created", text), STORE)?.body ?? "";
    expect(body).toContain("2 burgers, fries");
    const { data = JSON.parse(body) } = JSON.parse(body);
    if (data.orderSummary !== undefined || data.summary !== undefined) return;
    expect(data.items).toHaveLength(1);
    expect(data.items[0]).toSatisfy((line) => line.free_text === true || line.freeText === true);
    expect(Object.values(data.items[0])).toContain(0);
  });
});

eachWithRecords("$name encodes", ({ contract, types }) => {
  it("a record that has only what its schema asks for", () => {
    const complaint = complaints(contract);
    for (const type of types) {
      const { data } = sampleEvent(type, { id: "evt_1", createdAt: TIME }, STORE);
      const required = (canonicalDataSchema(type).required ?? []) as string[];
      const sparse = Object.fromEntries(Object.entries(data).filter(([name]) => required.includes(name)));
      const nulls = Object.fromEntries(Object.keys(data).map((name) => [name, null]));
      for (const record of [sparse, { ...nulls, ...sparse }]) {
        expect(validator(canonicalDataSchema(type))(record), type).toBe("");
        const encoded = contract.encode(event(type, record), STORE);
        expect(complaint(encoded), type).toBe("");
        expect(encoded?.body).not.toMatch(/undefined|NaN/);
      }
    }
  });

  it("any record at all without throwing", () => {
    const record = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(record, fc.constantFrom(...types), (data, type) => {
        expect(contract.encode(event(type, data), STORE)).not.toBeNull();
      }),
    );
  });
});

describe("the canonical schemas", () => {
  it.each(CANONICAL_EVENTS)(
    "of %s accept its sample, and refuse a record without what they ask for",
    (type) => {
      const complaint = validator(canonicalDataSchema(type));
      const { data } = sampleEvent(type, { id: "evt_1", createdAt: TIME }, STORE);
      expect(complaint(data)).toBe("");
      expect(complaint({ ...data, platformsOwnField: { any: 1 } })).toBe("");
      for (const name of (canonicalDataSchema(type).required ?? []) as string[]) {
        const { [name]: _dropped, ...rest } = data as Record<string, unknown>;
        expect(complaint(rest), name).not.toBe("");
      }
    },
  );

  it("of an order ask for items or a summary", () => {
    const complaint = validator(canonicalDataSchema("order.created"));
    const { items: _items, ...bare } = order();
    expect(complaint({ ...bare, summary: "2 burgers" })).toBe("");
    expect(complaint({ ...bare, items: [], summary: null })).not.toBe("");
    expect(complaint({ ...bare, items: [{ name: "Fries", quantity: 0, unitMinor: 1 }] })).not.toBe("");
    expect(complaint({ ...bare, items: [{ name: "Fries", quantity: 1, unitMinor: 1.5 }] })).not.toBe("");
  });
});

eachOf("%s retries", (_name, contract) => {
  const { retry } = contract;

  it("what has no answer, 429 and 5xx, with growing delays", () => {
    for (const status of [null, 429, 500, 502, 503, 504, 599]) expect(retry.onFailure(status)).toBe("retry");
    expect(retry.delaysMs).toEqual([...retry.delaysMs].sort((a, b) => a - b));
    expect(retry.delaysMs.every((delay) => Number.isSafeInteger(delay) && delay > 0)).toBe(true);
  });
});

describe("the published retry tables", () => {
  const minutes = (...values: number[]) => values.map((value) => value * 60_000);

  it.each([
    ["sela", minutes(0.5, 2, 8, 32, 120)],
    ["mipos", minutes(0.25, 0.5, 1, 2, 4)],
    ["olympus", minutes(1, 5, 30, 120, 480, 1440)],
    ["ordeliya", minutes(0.5, 5, 30, 120, 360)],
    ["standard", minutes(5 / 60, 5, 30, 120, 300, 600, 600)],
  ])("%s", (name, delaysMs) => {
    expect(named(name).retry.delaysMs).toEqual(delaysMs);
  });

  it.each([
    ["sela", "retry", "retry", "retry"],
    ["mipos", "retry", "retry", "retry"],
    ["olympus", "fail", "fail", "fail"],
    ["ordeliya", "retry", "retry", "retry"],
    ["standard", "retry", "retry", "disable"],
  ])("%s on 301, 404 and 410", (name, moved, missing, gone) => {
    expect([301, 404, 410].map(named(name).retry.onFailure)).toEqual([moved, missing, gone]);
  });
});

describe("the registry", () => {
  it("has each contract once, with a key prefix that begins no other's", () => {
    for (const contract of CONTRACTS) {
      expect(CONTRACTS.filter(({ name }) => name === contract.name)).toHaveLength(1);
      expect(CONTRACTS.filter(({ keyPrefix }) => keyPrefix.startsWith(contract.keyPrefix))).toHaveLength(1);
    }
    expect(contractNamed("toString")).toBeNull();
  });
});
