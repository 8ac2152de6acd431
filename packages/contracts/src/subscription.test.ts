import { describe, expect, it } from "vitest";
import { CANONICAL_EVENTS } from "./canonical.ts";
import { mipos } from "./mipos/index.ts";
import { olympus } from "./olympus/index.ts";
import { ordeliya } from "./ordeliya/index.ts";
import { sela } from "./sela/index.ts";
import { standard } from "./standard/index.ts";
import { canonicalTypeOf, resolveSubscription } from "./subscription.ts";

const canonical = (...types: readonly string[]) => ({ ok: true, canonical: types });
const unknown = (...names: readonly string[]) => ({ ok: false, unknown: names });

describe("a subscription", () => {
  it("is understood in the contract's own names, each event once", () => {
    expect(resolveSubscription(olympus, ["payment.processed", "order.updated", "order.updated"])).toEqual(
      canonical("order.updated", "order.approved", "payment.succeeded"),
    );
    expect(resolveSubscription(sela, ["order.arrived"])).toEqual(canonical("order.completed"));
    expect(resolveSubscription(mipos, ["ORDER", "MENU"])).toEqual(
      canonical("order.created", "menu.published"),
    );
    expect(resolveSubscription(ordeliya, ["order.cancelled"])).toEqual(
      canonical("order.rejected", "order.cancelled"),
    );
  });

  it("may ask for all names, or for all with one beginning", () => {
    expect(resolveSubscription(standard, ["*"])).toEqual(canonical(...CANONICAL_EVENTS));
    expect(resolveSubscription(sela, ["order.*", "order.created"])).toEqual(
      canonical("order.created", "order.approved", "order.rejected", "order.completed"),
    );
    expect(resolveSubscription(ordeliya, ["reservation.*"])).toEqual(
      canonical("reservation.created", "reservation.confirmed", "reservation.cancelled"),
    );
  });

  it("is refused with the names that mean nothing in this contract", () => {
    expect(resolveSubscription(ordeliya, ["order.created", "payment.processed", "oops.*"])).toEqual(
      unknown("payment.processed", "oops.*"),
    );
    for (const pattern of [
      "test.ping",
      "order",
      "order*",
      "*.created",
      "ord.*",
      ".*",
      "",
      "**",
      "ORDER.*",
      "toString",
    ])
      expect(resolveSubscription(ordeliya, [pattern]), pattern).toEqual(unknown(pattern));
  });

  it("is refused when it asks for nothing", () => {
    expect(resolveSubscription(ordeliya, [])).toEqual(unknown());
  });

  it("takes another contract's name where the contract speaks the canonical ones", () => {
    expect(resolveSubscription(standard, ["payment.processed", "menu.item_updated"])).toEqual(
      canonical("payment.succeeded", "product.updated"),
    );
    expect(resolveSubscription(standard, ["order.updated"])).toEqual(canonical("order.updated"));
  });
});

describe("an event's name", () => {
  it("is canonical, or means one canonical event in every catalogue that has it", () => {
    expect(canonicalTypeOf("order.cancelled")).toBe("order.cancelled");
    expect(canonicalTypeOf("payment.processed")).toBe("payment.succeeded");
    expect(canonicalTypeOf("order.arrived")).toBe("order.completed");
    expect(canonicalTypeOf("ORDER")).toBe("order.created");
    for (const name of ["", "order.exploded", "toString", "__proto__", "test.ping", "order.*"])
      expect(canonicalTypeOf(name), name).toBeNull();
  });
});
