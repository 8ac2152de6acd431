import type { Database } from "./database.ts";
import type { Known } from "./known.ts";
import type { Marks } from "./marks.ts";
import type { Numbers } from "./numbers.ts";
import type { PostgresPresence } from "./presence.ts";
import type { Upkeep } from "./retention.ts";
import type { Tallies } from "./tallies.ts";

/** What the verbs work with. */
export interface Context {
  readonly db: Database;
  readonly known: Known;
  readonly numbers: Numbers;
  readonly marks: Marks;
  readonly presence: PostgresPresence;
  readonly tallies: Tallies;
  readonly upkeep: Upkeep;
}
