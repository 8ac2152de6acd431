import type { Contract } from "../contract.ts";
import { snakeCaseError } from "../rendering.ts";

/** docs/conformance.md, "Management APIs", Olympus. */
export const renderError: Contract["renderError"] = (error, requestId) => snakeCaseError(error, requestId);
