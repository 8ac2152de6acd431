import type { Migration } from "../migrate.ts";

/** Whether a first attempt of a subject waits for an endpoint. Null where an earlier release queued it: it may be of any. */
const WAITING = `
ALTER TABLE deliveries ADD COLUMN subject TEXT;
CREATE INDEX deliveries_waiting ON deliveries (endpoint, subject) WHERE gate IS NOT NULL AND attempts = '[]';
`;

export const waiting: Migration = { number: 3, name: "waiting", sql: WAITING };
