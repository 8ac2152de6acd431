import { INTAKE_2 } from "../functions/intake.ts";
import type { Migration } from "../migrate.ts";

/** Whether a first attempt of a subject waits for an endpoint. Null where an earlier release queued it: it may be of any. */
const WAITING = `
ALTER TABLE queue ADD COLUMN subject text COLLATE "C";
CREATE INDEX queue_waiting ON queue (endpoint, subject) WHERE lease IS NULL AND attempt_count = 0;
`;

export const waiting: Migration = { number: 4, name: "waiting", sql: WAITING + INTAKE_2, worksFrom: 1 };
