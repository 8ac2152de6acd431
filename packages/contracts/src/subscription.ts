/** From the names that people subscribe to and post, to canonical event types. */
import { CANONICAL_EVENTS, type CanonicalEventType } from "./canonical.ts";
import type { Contract } from "./contract.ts";
import { isCanonicalEvent } from "./data-schemas.ts";
import { CONTRACTS } from "./registry.ts";

export type Subscription =
  | { readonly ok: true; readonly canonical: readonly CanonicalEventType[] }
  /** The patterns that match nothing; none of them where no pattern was given at all. */
  | { readonly ok: false; readonly unknown: readonly string[] };

/**
 * The canonical events that `patterns` ask for, each once, in canonical order. A pattern is one of the contract's
 * own names, `order.*` for all names with that beginning, or `*`. A contract that speaks the canonical names takes
 * another contract's name too where it has one meaning: `payment.processed` for `payment.succeeded`.
 */
export function resolveSubscription(contract: Contract, patterns: readonly string[]): Subscription {
  const asked = new Set<CanonicalEventType>();
  const unknown: string[] = [];
  for (const pattern of patterns) {
    const types = matching(contract, pattern);
    if (types.length === 0) unknown.push(pattern);
    for (const type of types) asked.add(type);
  }
  if (unknown.length > 0 || asked.size === 0) return { ok: false, unknown: [...new Set(unknown)] };
  return { ok: true, canonical: CANONICAL_EVENTS.filter((type) => asked.has(type)) };
}

function matching(contract: Contract, pattern: string): readonly CanonicalEventType[] {
  const matches = matcher(pattern);
  const types = contract.events.filter(({ name }) => matches(name)).flatMap(({ canonical }) => canonical);
  if (types.length > 0 || !speaksCanonicalNames(contract)) return types;
  const alias = canonicalTypeOf(pattern);
  return alias === null ? [] : [alias];
}

function matcher(pattern: string): (name: string) => boolean {
  if (pattern === "*") return () => true;
  if (!pattern.endsWith(".*")) return (name) => name === pattern;
  const beginning = pattern.slice(0, -1);
  return (name) => name.startsWith(beginning);
}

const speaksCanonicalNames = ({ events }: Contract): boolean => {
  const names = new Set(events.map(({ name }) => name));
  return CANONICAL_EVENTS.every((type) => names.has(type));
};

/**
 * The canonical type that `name` means: itself, or the one that every catalogue which has the name sends under it.
 * Null where nobody knows the name, or where it means several.
 */
export const canonicalTypeOf = (name: string): CanonicalEventType | null =>
  isCanonicalEvent(name) ? name : (ALIASES.get(name) ?? null);

const ALIASES = readAliases();

function readAliases(): ReadonlyMap<string, CanonicalEventType> {
  const meanings = new Map<string, Set<CanonicalEventType>>();
  for (const { name, canonical } of CONTRACTS.flatMap(({ events }) => events))
    meanings.set(name, new Set([...(meanings.get(name) ?? []), ...canonical]));
  const single = [...meanings].filter(([, types]) => types.size === 1);
  return new Map(single.flatMap(([name, [type]]) => (type === undefined ? [] : [[name, type] as const])));
}
