import type { Contract } from "../contract.ts";
import { snakeCaseError } from "../rendering.ts";

/** docs/conformance.md, "Management APIs", Sela: the request's id also stands in a header. */
export const renderError: Contract["renderError"] = (error, requestId) =>
  snakeCaseError(error, requestId, { "x-sela-request-id": requestId });
