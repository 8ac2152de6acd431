export * from "./canonical.ts";
export * from "./contract.ts";
export { canonicalDataSchema, isCanonicalEvent } from "./data-schemas.ts";
export * from "./error.ts";
export { MIPOS_STATUS } from "./mipos/encode.ts";
export { currencyExponent, decimal, hundredths } from "./money.ts";
export { OLYMPUS_STATUS } from "./olympus/encode.ts";
export { ORDELIYA_STATUS } from "./ordeliya/encode.ts";
export { orderInputSchema, orderSchema } from "./order-schema.ts";
export { CONTRACTS, contractNamed } from "./registry.ts";
export { SELA_STATUS } from "./sela/encode.ts";
export {
  type HeaderBag,
  type SignInput,
  sign,
  type Verification,
  type VerifyFailure,
  type VerifyInput,
  verify,
} from "./signing.ts";
export { type StatusTable, statusesCalled } from "./status-table.ts";
export { canonicalTypeOf, resolveSubscription, type Subscription } from "./subscription.ts";
