import { CLAIM_2 } from "../functions/claim.ts";
import { CLAIM_FREE_1 } from "../functions/claim-free.ts";
import type { Migration } from "../migrate.ts";

/** Claims that never look before their marks and say of what they lease when it was due; one for all stores without a quota. */
export const claim: Migration = { number: 3, name: "claim", sql: CLAIM_2 + CLAIM_FREE_1, worksFrom: 1 };
