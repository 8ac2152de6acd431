import { CLAIM_3 } from "../functions/claim.ts";
import { CLAIM_FREE_2 } from "../functions/claim-free.ts";
import { INTAKE_3 } from "../functions/intake.ts";
import type { Migration } from "../migrate.ts";

/** The same functions as before, made anew: they look each row up by itself, whatever the tables held when they were planned. */
export const plans: Migration = {
  number: 6,
  name: "plans",
  sql: INTAKE_3 + CLAIM_3 + CLAIM_FREE_2,
  worksFrom: 1,
};
