import type { Contract } from "../contract.ts";
import { snakeCaseError, snakeCaseErrorSchema } from "../rendering.ts";

export const errorSchema: Contract["errorSchema"] = snakeCaseErrorSchema;

/** docs/conformance.md, "Management APIs", Olympus. */
export const renderError: Contract["renderError"] = (error, requestId) => snakeCaseError(error, requestId);
