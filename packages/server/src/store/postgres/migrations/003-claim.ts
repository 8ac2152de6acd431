import { CLAIM } from "../functions/claim.ts";
import type { Migration } from "../migrate.ts";

/** A claim that never looks before its mark, and says of what it leases when it was due. */
export const claim: Migration = { number: 3, name: "claim", sql: CLAIM, worksFrom: 1 };
