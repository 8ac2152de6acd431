import { CLAIM_FREE_3 } from "../functions/claim-free.ts";
import { INTAKE_4 } from "../functions/intake.ts";
import { RECORD_3 } from "../functions/record.ts";
import type { Migration } from "../migrate.ts";

export const offers: Migration = {
  number: 8,
  name: "offers",
  sql: INTAKE_4 + CLAIM_FREE_3 + RECORD_3,
  worksFrom: 1,
};
