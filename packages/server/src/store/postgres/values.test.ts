import fc from "fast-check";
import pg from "pg";
import { expect, inject, it } from "vitest";
import { toStorageError } from "./errors.ts";
import { arrayOf, clean, toNumbers } from "./values.ts";

it("arrays arrive as they were sent, whatever is in them", async () => {
  const client = new pg.Client({ connectionString: inject("postgresUrl") });
  await client.connect();
  const orNull = <Value>(of: fc.Arbitrary<Value>) => fc.array(fc.option(of), { maxLength: 8 });
  const lists = fc.record({
    texts: orNull(fc.string({ unit: "grapheme" })),
    numbers: orNull(fc.maxSafeInteger()),
    small: orNull(fc.integer()),
    floats: orNull(fc.double({ noNaN: true })),
    flags: orNull(fc.boolean()),
    bytes: orNull(fc.uint8Array().map((bytes) => Buffer.from(bytes))),
  });
  await fc.assert(
    fc.asyncProperty(lists, async ({ texts, numbers, small, floats, flags, bytes }) => {
      const { rows } = await client.query(
        `SELECT $1::text[] AS texts, ($2::bigint[])::text AS numbers, $3::integer[] AS small,
           $4::double precision[] AS floats, $5::boolean[] AS flags, $6::bytea[] AS bytes`,
        [
          arrayOf("text", texts),
          arrayOf("int8", numbers),
          arrayOf("int4", small),
          arrayOf("float8", floats),
          arrayOf("bool", flags),
          arrayOf("bytea", bytes),
        ],
      );
      expect(rows[0].texts).toEqual(texts.map((text) => text && clean(text)));
      expect(toNumbers(rows[0].numbers)).toEqual(numbers);
      expect(rows[0].small).toEqual(small);
      expect(rows[0].floats).toEqual(floats);
      expect(rows[0].flags).toEqual(flags);
      expect(rows[0].bytes).toEqual(bytes);
    }),
    { numRuns: 60 },
  );
  await client.end();
});

it.each([
  ["53100", "StorageFull"],
  ["57P01", "StorageUnavailable"],
  ["57014", "StorageUnavailable"],
  ["53300", "StorageUnavailable"],
  ["08006", "StorageUnavailable"],
  ["25006", "StorageUnavailable"],
  ["40P01", "StorageUnavailable"],
  ["ECONNREFUSED", "StorageUnavailable"],
  ["23505", "Error"],
  ["22P02", "Error"],
])("%s comes to %s", (code, name) => {
  expect(toStorageError(Object.assign(new Error("said the server"), { code })).name).toBe(name);
});
