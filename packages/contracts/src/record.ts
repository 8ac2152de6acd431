/**
 * Total readers for plain records: what a platform posted as an event's `data` has the few fields its schema
 * asks for and may lack, or leave null, all others. Anything of another type reads as null.
 */
export type PlainRecord = Readonly<Record<string, unknown>>;

export const text = (value: unknown): string | null => (typeof value === "string" ? value : null);

/** An amount in minor units. */
export const amount = (value: unknown): number | null => (Number.isSafeInteger(value) ? Number(value) : null);

/** A quantity, which may be a fraction: 2.5 lb. */
export const quantity = (value: unknown): number | null => (Number.isFinite(value) ? Number(value) : null);

export const flag = (value: unknown): boolean | null => (typeof value === "boolean" ? value : null);

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const record = (value: unknown): PlainRecord | null =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as PlainRecord) : null;

export const strings = (value: unknown): readonly string[] =>
  list(value).filter((entry): entry is string => typeof entry === "string");

const UPPER_CASE = /[A-Z]/g;

/** `modifierGroups` → `modifier_groups`. */
export const snakeCase = (name: string): string =>
  name.replace(UPPER_CASE, (letter) => `_${letter.toLowerCase()}`);
