import { invalidFields } from "../domain/error.ts";

export type Query = Readonly<Record<string, string>>;

/** Every parameter once, as text. Throws `invalid_request` for one that is given twice. */
export function textQuery(raw: unknown): Query {
  if (typeof raw !== "object" || raw === null) return {};
  const twice = Object.entries(raw).filter(([, value]) => typeof value !== "string");
  if (twice.length > 0) {
    throw invalidFields(twice.map(([field]) => ({ field, problem: "must be given once" })));
  }
  return raw as Query;
}
