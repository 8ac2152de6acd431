import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Db } from "./db.ts";
import { IN_MEMORY } from "./index.ts";
import { connect } from "./open.ts";

describe("a connection", () => {
  let db: Db;
  beforeEach(() => {
    db = connect({ path: IN_MEMORY, role: "writer" });
    db.exec("CREATE TABLE dishes (num INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL) STRICT");
    db.insertMany("dishes", "(?, ?, ?)", [
      [1, "Margherita", 8.9],
      [2, "Marinara", null],
    ]);
  });
  afterEach(() => db.close());

  it("answers rows as objects under the names of their columns, and as arrays", () => {
    const query = "SELECT num, name AS dish, price FROM dishes WHERE num >= ? ORDER BY num";
    const [first, second] = [
      { num: 1, dish: "Margherita", price: 8.9 },
      { num: 2, dish: "Marinara", price: null },
    ];
    expect(db.rows(query, 1)).toEqual([first, second]);
    expect(db.row(query, 2)).toEqual(second);
    expect(db.tuples(query, 1)).toEqual([Object.values(first), Object.values(second)]);
    expect(db.tuple(query, 2)).toEqual(Object.values(second));
  });

  it("answers nothing where there is nothing", () => {
    const query = "SELECT num FROM dishes WHERE num = ?";
    expect(db.rows(query, 3)).toEqual([]);
    expect(db.row(query, 3)).toBeUndefined();
    expect(db.tuples(query, 3)).toEqual([]);
    expect(db.tuple(query, 3)).toBeUndefined();
  });

  it("runs a query again that has failed once", () => {
    const query = "SELECT json_extract(?, '$.name') AS name FROM dishes WHERE num = 1";
    expect(() => db.row(query, "{")).toThrow("malformed");
    expect(db.row(query, '{"name":"Diavola"}')).toEqual({ name: "Diavola" });
    expect(() => db.tuple(query, "{")).toThrow("malformed");
    expect(db.tuple(query, '{"name":"Diavola"}')).toEqual(["Diavola"]);
  });
});
