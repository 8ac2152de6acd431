import type { Migration } from "../migrate.ts";

/** On which server a process has the lock by which others know that it lives; null: it has none. */
const PRESENCE = "ALTER TABLE processes ADD COLUMN server text";

export const presence: Migration = { number: 2, name: "presence", sql: PRESENCE, worksFrom: 1 };
