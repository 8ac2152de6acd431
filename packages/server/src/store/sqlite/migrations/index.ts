import type { Migration } from "../migrate.ts";
import { start } from "./001-start.ts";
import { processes } from "./002-processes.ts";
import { waiting } from "./003-waiting.ts";
import { personal } from "./004-personal.ts";

/** In order; a release appends and never edits. */
export const MIGRATIONS: readonly Migration[] = [start, processes, waiting, personal];
