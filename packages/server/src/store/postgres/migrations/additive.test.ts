import { describe, expect, it } from "vitest";
import { MIGRATIONS } from "./index.ts";

/** What a process of the release before would stumble over; bodies of functions are its own affair. */
const TAKES_AWAY =
  /\b(DROP|RENAME|TRUNCATE|DELETE|OR REPLACE|ALTER COLUMN|ADD (CONSTRAINT|CHECK|UNIQUE|PRIMARY))\b|\bADD COLUMN (?![^,;]*\bDEFAULT\b)[^,;]*\bNOT NULL\b/i;
const isAdditive = (sql: string): boolean => !TAKES_AWAY.test(sql.replace(/\$(\w*)\$.*?\$\1\$/gs, ""));

describe("migrations that suit the release before", () => {
  it("only add", () => {
    for (const { number, sql, worksFrom } of MIGRATIONS) {
      if (worksFrom === undefined) continue;
      expect(worksFrom).toBeLessThan(number);
      expect(isAdditive(sql), `migration ${number}`).toBe(true);
    }
  });

  it.each([
    ["CREATE TABLE a (b integer NOT NULL)", true],
    ["CREATE INDEX a_b ON a (b)", true],
    ["ALTER TABLE a ADD COLUMN b text, ADD COLUMN c integer NOT NULL DEFAULT 0", true],
    ["CREATE FUNCTION a_2() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN DELETE FROM a; END $$", true],
    ["CREATE OR REPLACE FUNCTION a_1() RETURNS integer LANGUAGE sql AS 'SELECT 1'", false],
    ["DROP FUNCTION a_1", false],
    ["ALTER TABLE a DROP COLUMN b", false],
    ["ALTER TABLE a RENAME TO b", false],
    ["ALTER TABLE a ALTER COLUMN b TYPE bigint", false],
    ["ALTER TABLE a ADD COLUMN b integer NOT NULL, ADD COLUMN c integer NOT NULL DEFAULT 0", false],
    ["ALTER TABLE a ADD CONSTRAINT positive CHECK (b > 0)", false],
  ])("are told from others: %s", (sql, additive) => {
    expect(isAdditive(sql)).toBe(additive);
  });
});
