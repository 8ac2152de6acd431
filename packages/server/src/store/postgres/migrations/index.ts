import type { Migration } from "../migrate.ts";
import { start } from "./001-start.ts";
import { presence } from "./002-presence.ts";
import { claim } from "./003-claim.ts";
import { waiting } from "./004-waiting.ts";
import { tally } from "./005-tally.ts";
import { plans } from "./006-plans.ts";
import { personal } from "./007-personal.ts";
import { offers } from "./008-offers.ts";

/** In order; never changed once released, only added to. */
export const MIGRATIONS: readonly Migration[] = [
  start,
  presence,
  claim,
  waiting,
  tally,
  plans,
  personal,
  offers,
];
