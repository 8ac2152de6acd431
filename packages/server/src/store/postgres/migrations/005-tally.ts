import { RECORD_2 } from "../functions/record.ts";
import { TALLY } from "../functions/tally.ts";
import type { Migration } from "../migrate.ts";

/** What a group of outcomes adds to endpoints' records and hours, by position, until it is added. */
const TALLIES = `
CREATE TABLE tallies (
  num bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant bigint[] NOT NULL,
  endpoint bigint[] NOT NULL,
  test boolean[] NOT NULL,
  ok boolean[] NOT NULL,
  at bigint[] NOT NULL,
  bucket integer[] NOT NULL,
  ms double precision[] NOT NULL
);
`;

export const tally: Migration = { number: 5, name: "tally", sql: TALLIES + RECORD_2 + TALLY, worksFrom: 1 };
