import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJson } from "./json.ts";

const parse = (text: string | Uint8Array, options = {}) =>
  parseJson(typeof text === "string" ? Buffer.from(text) : text, options);
const message = (text: string | Uint8Array): string => {
  const result = parse(text);
  return result.ok ? "" : result.message;
};
const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

describe("a JSON body", () => {
  it("means what JSON.parse says it means", () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 6, stringUnit: "grapheme" }),
        fc.constantFrom("", " ", "\t", 2),
        (value, space) => {
          const text = JSON.stringify(value, null, space);
          fc.pre(!/\\u(0000|d[89a-f])|__proto__/i.test(text));
          expect(parse(text)).toEqual({ ok: true, value: JSON.parse(text) });
        },
      ),
      { numRuns: 500 },
    );
  });

  it("is refused wherever JSON.parse refuses it, and never throws", () => {
    const tokens = [
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"a"',
      '"b"',
      "1",
      "-",
      "0",
      ".5",
      "e3",
      "true",
      "nul",
      " ",
      "\\",
      '"',
      "\n",
      "\0",
      "é",
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...tokens), { maxLength: 12 }), (parts) => {
        const text = parts.join("");
        const result = parse(text);
        if (result.ok) expect(result.value).toEqual(JSON.parse(text));
        else if (!/same key|too large|too small|as a string/.test(result.message))
          expect(() => JSON.parse(text)).toThrow();
      }),
      { numRuns: 5_000 },
    );
  });

  it("survives any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => typeof parse(bytes).ok === "boolean"),
    );
  });

  it("may be a view of a larger buffer", () => {
    const bytes = new TextEncoder().encode('xx{"a":1}xx');
    expect(parse(bytes.subarray(2, 9))).toEqual({ ok: true, value: { a: 1 } });
  });

  it.each([
    ["an empty body", "", "The body is empty"],
    ["only spaces", "  ", "ends too early"],
    ["an open object", '{"a":1', "ends too early"],
    ["an open string", '{"a":"b', "ends too early"],
    ["an open escape", '"\\', "ends too early"],
    ["text after the end", '{"a":1} {}', "goes on after its end"],
    ["a trailing comma", '{"a":1,}', "lacks a key"],
    ["a trailing comma in a list", "[1,]", "no JSON value"],
    ["a missing comma", '{"a":1 "b":2}', "lacks a comma"],
    ["a missing colon", '{"a" 1}', "lacks a colon"],
    ["single quotes", "{'a':1}", "lacks a key"],
    ["a comment", "{/**/}", "lacks a key"],
    ["NaN", "[NaN]", "no JSON value"],
    ["a wrong word", "[nulL]", "no JSON value"],
    ["a leading zero", "[012]", "leading zero"],
    ["a plus sign", "[+1]", "no JSON value"],
    ["a bare minus", "[-]", "minus sign"],
    ["a bare point", "[1.]", "after the point"],
    ["a bare exponent", "[1e]", "exponent"],
    ["a line break in a string", '["a\nb"]', "control character"],
    ["an unknown escape", '["\\x41"]', "unknown escape"],
    ["a short \\u escape", '["\\u12"]', "incomplete"],
    ["an escaped NUL", '["a\\u0000b"]', "NUL"],
    ["a lone high surrogate", '["\\ud83d"]', "surrogate"],
    ["a lone low surrogate", '["\\ude00"]', "surrogate"],
    ["two high surrogates", '["\\ud83d\\ud83d"]', "surrogate"],
    ["a key twice", '{"action":"approve","action":"reject"}', "same key twice"],
    ["a key twice, once escaped", '{"action":1,"\\u0061ction":2}', "same key twice"],
    ["a key twice, first escaped", '{"\\u0061ction":1,"action":2}', "same key twice"],
    ["a key twice far below", '[{"a":[{"b":1,"b":1}]}]', "same key twice"],
    ["the empty key twice", '{"":1,"":1}', "same key twice"],
    ["__proto__", '{"__proto__":{"isAdmin":true}}', "__proto__"],
    ["__proto__ escaped", '{"a":{"\\u005f_proto__":1}}', "__proto__"],
    ["a number beyond all bounds", "[1e400]", "too large"],
    ["a long number beyond all bounds", `[${"9".repeat(400)}]`, "too large"],
    ["a number that would become zero", "[1e-400]", "too small"],
    ["an integer that would change", "[9007199254740993]", "send it as a string"],
    ["an integer with a point that would change", "[9007199254740993.0]", "send it as a string"],
    ["an integer with an exponent that would change", "[12345678901234567e1]", "send it as a string"],
  ])("is refused with %s", (_what, text, reason) => {
    expect(parse(text)).toMatchObject({ ok: false, code: "malformed_json" });
    expect(message(text)).toContain(reason);
  });

  it.each([
    '{"constructor":1,"prototype":2,"hasOwnProperty":3,"_":4,"__proto":5}',
    '"\\ud83d\\ude00 \\u00e9 \\" \\\\ \\/ \\b\\f\\n\\r\\t"',
    "[0,-0,-1.5e-3,1E+2,0.000,9007199254740992.0,-1234567890123450e9,9007199254740991,123456789012345680000,1.7976931348623157e308]",
    ' \r\n\t{ "a" : [ ] , "b" : { } } ',
    '{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}',
    '"a\u2028b\u0080"',
    "null",
  ])("is accepted: %s", (text) => {
    expect(parse(text)).toEqual({ ok: true, value: JSON.parse(text) });
  });

  it("is refused where it is nested too deep, however deep", () => {
    expect(parse(nested(64)).ok).toBe(true);
    expect(message(nested(65))).toContain("nested more than 64 deep");
    expect(message(nested(100_000))).toContain("nested more than 64 deep");
    expect(message('{"a":'.repeat(100_000))).toContain("nested more than 64 deep");
    expect(parse(nested(3), { maxDepth: 2 }).ok).toBe(false);
  });

  it("is refused where it is not UTF-8, with the place", () => {
    const bytes = Buffer.concat([Buffer.from('{"a":"é\ufffd'), Buffer.of(0xc3, 0x28), Buffer.from('"}')]);
    expect(message(bytes)).toBe("The body is not UTF-8: see byte 11.");
    for (const bad of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82]]) {
      expect(message(Buffer.from([0x22, ...bad, 0x22]))).toContain("not UTF-8");
    }
  });

  it("is refused with a byte order mark or in UTF-16", () => {
    expect(message("\ufeff{}")).toContain("byte order mark");
    expect(parse(Buffer.from('{"a":1}', "utf16le")).ok).toBe(false);
  });

  it("is refused with the line, the column and the path of the fault", () => {
    expect(message('{"items": [\n  {"é": 1, "name": "x"},\n  {"é": [1, tru]}\n]}')).toBe(
      "The body has something that is no JSON value: see line 3, column 13, at items.1.é.1.",
    );
    expect(message('{"a":1,"a":2}')).toBe("The body has the same key twice: see line 1, column 8, at a.");
    expect(message(`{"${"k".repeat(5_000)}":x}`).length).toBeLessThan(400);
  });
});

describe("an object with very many keys", () => {
  const many = (count: number, last: string) =>
    `{${Array.from({ length: count }, (_, i) => `"key${i}":${i}`).join(",")},${last}}`;

  it("still knows each of them", () => {
    for (const count of [5, 23, 24, 25, 200, 20_000]) {
      expect(parse(many(count, '"other":1')).ok).toBe(true);
      expect(message(many(count, '"key0":1'))).toContain("same key twice");
      expect(message(many(count, `"key${count - 1}":1`))).toContain("same key twice");
      expect(message(many(count, '"\\u006bey3":1'))).toContain("same key twice");
      expect(message(many(count, '"__proto__":1'))).toContain("__proto__");
    }
  });

  it("inside another leaves the outer one's keys as they were", () => {
    expect(message(`{"a":1,"b":${many(50, '"a":1')},"a":2}`)).toContain("same key twice");
    expect(parse(`{"a":1,"b":${many(50, '"a":1')},"c":2}`).ok).toBe(true);
  });
});
