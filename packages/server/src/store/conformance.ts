import { describe } from "vitest";
import { acceptConformance } from "./conformance/accept.ts";
import { attemptsConformance } from "./conformance/attempts.ts";
import { claimConformance } from "./conformance/claim.ts";
import { deliveriesConformance } from "./conformance/deliveries.ts";
import { endpointsConformance } from "./conformance/endpoints.ts";
import { lanesConformance } from "./conformance/lanes.ts";
import { ordersConformance } from "./conformance/orders.ts";
import { replaysConformance } from "./conformance/replays.ts";
import { tenancyConformance } from "./conformance/tenancy.ts";
import { idempotencyConformance, operationConformance, retentionConformance } from "./conformance/upkeep.ts";
import type { Open } from "./conformance/world.ts";

/** The specification of `StoreDriver`: every driver passes all of it, unchanged. */
export function storeConformance(name: string, open: Open): void {
  describe(`the store on ${name}`, () => {
    describe("tenancy", () => tenancyConformance(open));
    describe("endpoints", () => endpointsConformance(open));
    describe("orders", () => ordersConformance(open));
    describe("accepting events", () => acceptConformance(open));
    describe("claiming", () => claimConformance(open));
    describe("attempts", () => attemptsConformance(open));
    describe("lanes and processes", () => lanesConformance(open));
    describe("deliveries", () => deliveriesConformance(open));
    describe("replays", () => replaysConformance(open));
    describe("an idempotency key", () => idempotencyConformance(open));
    describe("retention", () => retentionConformance(open));
    describe("operation", () => operationConformance(open));
  });
}
