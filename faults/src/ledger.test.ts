import { expect, test } from "vitest";
import { type Books, type Note, settle } from "./ledger.ts";

const note = (changes: Partial<Note> = {}): Note => ({
  endpoint: "A/sela",
  number: "A-1",
  at: 1_000,
  status: 200,
  wrong: null,
  ...changes,
});
const books = (changes: Partial<Books> = {}): Books => ({
  intents: new Set(["A-1", "A-2"]),
  acknowledged: new Set(["A-1"]),
  endpoints: ["A/sela", "A/mipos", "B/sela"],
  notes: [note(), note({ endpoint: "A/mipos" })],
  deadLettered: new Set(),
  pending: new Set(),
  kills: [],
  ...changes,
});

test("an acknowledged order is owed to every endpoint of its own store, and to no other", () => {
  expect(settle(books())).toMatchObject({ owed: 2, delivered: 2, lost: 0, wrong: 0, duplicates: 0 });
});

test("what no receiver has taken is lost, unless the hub says that it waits or was given up", () => {
  const notes = [note({ status: 500 }), note({ endpoint: "A/mipos" })];
  expect(settle(books({ notes }))).toMatchObject({ delivered: 1, lost: 1 });
  const pair = new Set(["A/sela A-1"]);
  expect(settle(books({ notes, pending: pair }))).toMatchObject({ pending: 1, lost: 0 });
  expect(settle(books({ notes, deadLettered: pair }))).toMatchObject({ deadLettered: 1, lost: 0 });
});

test("an intent without an acknowledgement may go either way", () => {
  expect(settle(books({ notes: [...books().notes, note({ number: "A-2" })] }))).toMatchObject({
    lost: 0,
    wrong: 0,
  });
});

test("a bad signature, an order that nobody meant, and a body without one are wrong", () => {
  const notes = [note({ wrong: "signature" }), note({ number: "A-9" }), note({ number: null })];
  expect(settle(books({ notes }))).toMatchObject({ wrong: 3 });
});

test("a second 2xx is a duplicate, and excused only by a kill right after the first", () => {
  const notes = [note(), note({ at: 9_000 })];
  expect(settle(books({ notes, kills: [1_500] }))).toMatchObject({ duplicates: 1, unexplained: 0 });
  expect(settle(books({ notes, kills: [999, 4_000] }))).toMatchObject({ duplicates: 1, unexplained: 1 });
});
