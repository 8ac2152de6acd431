import type { Migration } from "../migrate.ts";

/** Which process keeps an endpoint's lane, and which processes there are. */
const PROCESSES = `
CREATE TABLE lane_holds (endpoint INTEGER PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL) STRICT;
CREATE TABLE processes (id TEXT PRIMARY KEY, until INTEGER NOT NULL) STRICT;
`;

export const processes: Migration = { number: 2, name: "processes", sql: PROCESSES };
