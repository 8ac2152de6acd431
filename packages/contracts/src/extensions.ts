import type { Order } from "./canonical.ts";
import type { JsonSchema } from "./contract.ts";

/**
 * Adds to `body` what the contract itself once sent with this order and we have no field for. A field the
 * contract's schema names is never overridden, not even one that `body` leaves out.
 */
export function withExtensions<Body extends object>(
  order: Order,
  contract: string,
  schema: JsonSchema,
  body: Body,
): Body {
  const extensions = order.extensions[contract];
  if (extensions === undefined) return body;
  const known = schema.properties as Readonly<Record<string, unknown>>;
  const extra = Object.entries(extensions).filter(
    ([name]) => !Object.hasOwn(known, name) && !Object.hasOwn(body, name) && name !== "__proto__",
  );
  return { ...body, ...Object.fromEntries(extra) };
}
