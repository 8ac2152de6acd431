/** What the contracts' management calls read in common; each contract's `routes.ts` says the rest. */
import type { ContractLimits, JsonSchema, Operations, PageInput, RouteRequest } from "./contract.ts";
import { array, COUNT, object, string } from "./schema.ts";
import { SECRET_MAX_LENGTH } from "./signing-scheme.ts";

type CreateInput = Operations["endpoint.create"]["input"];
type Changes = Operations["endpoint.update"]["input"]["changes"];

/** The fields of a subscription that its owner sets. */
export const endpointFields = (secretMinLength: number) => ({
  url: string({ minLength: 1, maxLength: 2_048 }),
  events: array(string({ minLength: 1, maxLength: 100 }), { minItems: 1, maxItems: 100 }),
  secret: string({ minLength: secretMinLength, maxLength: SECRET_MAX_LENGTH }),
});

export const numberedPage = object({}, { page: COUNT, limit: COUNT });
export const cursorPage = object({}, { limit: COUNT, cursor: string({ minLength: 1, maxLength: 1_000 }) });

/** The page a query asks for, by number or by cursor; `byDefault` rows unless it says how many. */
export function pageOf(
  query: RouteRequest["query"],
  limits: ContractLimits,
  by: "number" | "cursor",
  byDefault = limits.pageDefault,
): PageInput {
  const asked = query.limit === undefined ? byDefault : Number(query.limit);
  const limit = limits.clampPage ? Math.min(asked, limits.pageMax) : asked;
  return by === "number"
    ? { page: Number(query.page ?? 1), cursor: null, limit }
    : { page: null, cursor: query.cursor ?? null, limit };
}

/** The first rows, as many as a page may hold: for lists that the contract does not page. */
export const wholeList = (limits: ContractLimits): PageInput => ({
  page: null,
  cursor: null,
  limit: limits.pageMax,
});

export const endpointById = ({ params }: RouteRequest) => ({ endpoint: { id: params.id ?? "" } });

export const createInput = ({ body }: RouteRequest): CreateInput => ({
  url: body.url,
  events: body.events,
  secret: body.secret,
  uniqueUrl: false,
});

/** The fields that are there; `isActive` where the contract's own field says so. */
export const changesOf = ({ body }: RouteRequest, isActive: boolean | undefined): Changes => ({
  ...(body.url !== undefined && { url: body.url as string }),
  ...(body.events !== undefined && { events: body.events as readonly string[] }),
  ...(body.secret !== undefined && { secret: body.secret as string }),
  ...(isActive !== undefined && { isActive }),
});

export const ok = (body: unknown) => ({ status: 200, body });
export const created = (body: unknown) => ({ status: 201, body });
export const noContent = () => ({ status: 204, body: undefined });

/** One documented answer, for `Route.responses`. */
export const answers = (status: number, description: string, schema?: JsonSchema) => ({
  [status]: schema === undefined ? { description } : { description, schema },
});
