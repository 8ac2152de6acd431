import type { Contract, OperationName, RouteOf } from "@ticketrail/contracts";
import { invalidFields, Refusal } from "../domain/error.ts";
import type { ContractOperations } from "../service/operations.ts";
import type { Api } from "./errors.ts";
import type { Mount } from "./exchange.ts";
import type { Validation } from "./validation.ts";

/** Every documented call of a contract, under its own prefix. What differs between two contracts is data. */
export const contractMounts = (
  api: Api,
  operations: ContractOperations,
  validation: Validation,
): readonly Mount[] => api.contract.routes.map((route) => mountOf(api, route, operations, validation));

function mountOf<Name extends OperationName>(
  api: Api,
  route: RouteOf<Name>,
  operations: ContractOperations,
  validation: Validation,
): Mount {
  const { contract }: { contract: Contract } = api;
  return {
    api,
    method: route.method,
    url: api.prefix + route.path,
    needs: route.scope,
    validateBody: route.body ? validation.compile(route.body) : null,
    validateQuery: route.query ? validation.compile(route.query) : null,
    run: async ({ call, params, query, body, requestId, now }) => {
      const input = route.read({ params, query, body });
      const result = await operations.run(route.operation, call, contract, input).catch((error) => {
        throw inTheCallsNames(error, route.fieldNames);
      });
      return route.write(result, { requestId, now });
    },
  };
}

function inTheCallsNames(error: unknown, names: Readonly<Record<string, string>> | undefined): unknown {
  if (names === undefined || !(error instanceof Refusal) || error.code !== "invalid_request") return error;
  return invalidFields(error.fields.map(({ field, problem }) => ({ field: names[field] ?? field, problem })));
}
