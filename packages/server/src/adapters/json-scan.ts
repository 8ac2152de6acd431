import { JsonKeys } from "./json-keys.ts";

/** What is wrong with a JSON text, and where. */
export interface JsonFault {
  /** A phrase that continues "The body …". */
  readonly problem: string;
  /** In bytes. */
  readonly offset: number;
  /** Keys and indexes from the root. */
  readonly path: readonly (string | number)[];
}

const TAB = 0x09;
const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const LEFT_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const RIGHT_BRACKET = 0x5d;
const LETTER_E = 0x65;
const LETTER_U = 0x75;
const LEFT_BRACE = 0x7b;
const RIGHT_BRACE = 0x7d;

/** Every integer of so many characters is exact. */
const EXACT_CHARS = 15;
const TRUE = Buffer.from("true");
const FALSE = Buffer.from("false");
const NULL = Buffer.from("null");
const SIMPLE_ESCAPES = Buffer.from('"\\/bfnrt');

/**
 * Checks a JSON text (RFC 8259, in valid UTF-8) for what `JSON.parse` refuses, and for what it lets pass or changes
 * silently. Null: `JSON.parse` takes the text, and gives what it says.
 */
export function scanJson(text: Buffer, maxDepth: number): JsonFault | null {
  return new Scanner(text, maxDepth).run();
}

class Scanner {
  // Bytes, since reading a string's characters one by one takes more than twice as long.
  readonly #text: Buffer;
  readonly #maxDepth: number;
  readonly #keys: JsonKeys;
  /** Where the next character stands. */
  #at = 0;
  #depth = 0;
  #problem = "";
  #problemAt = 0;
  /** Filled on the way out of a fault, the innermost first. */
  readonly #path: (string | number)[] = [];
  /** Whether the string that was read last has escapes in it. */
  #escaped = false;

  constructor(text: Buffer, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
    this.#keys = new JsonKeys(text);
  }

  run(): JsonFault | null {
    if (this.#value()) {
      this.#skipSpace();
      if (this.#at === this.#text.length) return null;
      this.#fail("goes on after its end");
    }
    return { problem: this.#problem, offset: this.#problemAt, path: this.#path.reverse() };
  }

  #fail(problem: string, at = this.#at): false {
    this.#problem = at >= this.#text.length ? "ends too early" : problem;
    this.#problemAt = at;
    return false;
  }

  /** The byte at `at`; 0, which may stand nowhere in JSON, after the end. */
  #byte(at: number): number {
    return at < this.#text.length ? (this.#text[at] ?? 0) : 0;
  }

  #skipSpace(): number {
    for (;;) {
      const char = this.#byte(this.#at);
      if (char > SPACE || (char !== SPACE && char !== LINE_FEED && char !== RETURN && char !== TAB))
        return char;
      this.#at++;
    }
  }

  #value(): boolean {
    const char = this.#skipSpace();
    if (char === QUOTE) return this.#string();
    if (char === LEFT_BRACE) return this.#nested(RIGHT_BRACE);
    if (char === LEFT_BRACKET) return this.#nested(RIGHT_BRACKET);
    if (char === MINUS || (char >= ZERO && char <= NINE)) return this.#number();
    return (
      this.#word(TRUE) ||
      this.#word(FALSE) ||
      this.#word(NULL) ||
      this.#fail("has something that is no JSON value")
    );
  }

  #word(word: Buffer): boolean {
    const end = this.#at + word.length;
    if (word[0] !== this.#byte(this.#at) || !this.#text.subarray(this.#at, end).equals(word)) return false;
    this.#at = end;
    return true;
  }

  /** An object or an array, from its opening bracket on. */
  #nested(close: number): boolean {
    if (++this.#depth > this.#maxDepth) return this.#fail(`is nested more than ${this.#maxDepth} deep`);
    this.#at++;
    if (this.#skipSpace() === close) this.#at++;
    else if (!(close === RIGHT_BRACE ? this.#members() : this.#elements())) return false;
    this.#depth--;
    return true;
  }

  #elements(): boolean {
    for (let index = 0; ; index++) {
      if (!this.#value()) {
        this.#path.push(index);
        return false;
      }
      const char = this.#skipSpace();
      if (char !== COMMA && char !== RIGHT_BRACKET) return this.#fail("lacks a comma or a closing bracket");
      this.#at++;
      if (char === RIGHT_BRACKET) return true;
    }
  }

  #members(): boolean {
    const object = this.#keys.open();
    for (;;) {
      if (this.#skipSpace() !== QUOTE) return this.#fail("lacks a key in double quotes");
      const keyAt = this.#at;
      if (!this.#string()) return false;
      const keyEnd = this.#at;
      if (!this.#member(keyAt, keyEnd)) {
        this.#path.push(this.#keys.decode(keyAt, keyEnd));
        return false;
      }
      const char = this.#skipSpace();
      if (char !== COMMA && char !== RIGHT_BRACE) return this.#fail("lacks a comma or a closing brace");
      this.#at++;
      if (char === RIGHT_BRACE) break;
    }
    this.#keys.close(object);
    return true;
  }

  #member(keyAt: number, keyEnd: number): boolean {
    const known = this.#keys.add(keyAt, keyEnd, this.#escaped);
    if (known === "forbidden") return this.#fail("has the key __proto__, which is not allowed", keyAt);
    if (known === "repeated") return this.#fail("has the same key twice", keyAt);
    if (this.#skipSpace() !== COLON) return this.#fail("lacks a colon after a key");
    this.#at++;
    return this.#value();
  }

  #string(): boolean {
    const text = this.#text;
    const end = text.length;
    let at = this.#at + 1;
    this.#escaped = false;
    while (at < end) {
      const char = text[at] ?? 0;
      if (char === QUOTE) {
        this.#at = at + 1;
        return true;
      }
      if (char === BACKSLASH) {
        const length = this.#escape(at);
        if (length === 0) return false;
        at += length;
      } else if (char >= SPACE) at++;
      else return this.#fail("has a control character in a string, which must be escaped", at);
    }
    return this.#fail("", end);
  }

  /** The length of an escape sequence; 0 where it is refused. */
  #escape(at: number): number {
    this.#escaped = true;
    const char = this.#byte(at + 1);
    if (char !== LETTER_U) {
      if (SIMPLE_ESCAPES.includes(char)) return 2;
      this.#fail("has an unknown escape sequence in a string", char === 0 ? at + 1 : at);
      return 0;
    }
    const unit = this.#hex(at + 2);
    if (unit === null) this.#fail("has an incomplete \\u escape in a string", at);
    else if (unit === 0) this.#fail("has a NUL character in a string, which cannot be stored", at);
    else if (unit < 0xd800 || unit > 0xdfff) return 6;
    else if (unit <= 0xdbff && this.#isLowSurrogate(at + 6)) return 12;
    else this.#fail("has half a surrogate pair in a string, which is no character", at);
    return 0;
  }

  #isLowSurrogate(at: number): boolean {
    const unit = this.#byte(at) === BACKSLASH && this.#byte(at + 1) === LETTER_U ? this.#hex(at + 2) : null;
    return unit !== null && unit >= 0xdc00 && unit <= 0xdfff;
  }

  #hex(at: number): number | null {
    const digits = this.#text.toString("latin1", at, at + 4);
    return /^[0-9a-f]{4}$/i.test(digits) ? Number.parseInt(digits, 16) : null;
  }

  #digits(from: number): number {
    let at = from;
    for (let char = this.#byte(at); char >= ZERO && char <= NINE; char = this.#byte(at)) at++;
    return at;
  }

  #number(): boolean {
    const from = this.#at;
    const whole = this.#byte(from) === MINUS ? from + 1 : from;
    const wholeEnd = this.#digits(whole);
    let at = wholeEnd;
    if (at === whole) return this.#fail("has a minus sign without a number", at);
    if (at > whole + 1 && this.#byte(whole) === ZERO)
      return this.#fail("has a number with a leading zero", from);
    if (this.#byte(at) === POINT) {
      at = this.#digits(wholeEnd + 1);
      if (at === wholeEnd + 1) return this.#fail("has a number without digits after the point", at);
    }
    const hasExponent = (this.#byte(at) | 0x20) === LETTER_E;
    if (hasExponent) {
      const sign = this.#byte(at + 1);
      const digitsAt = sign === PLUS || sign === MINUS ? at + 2 : at + 1;
      at = this.#digits(digitsAt);
      if (at === digitsAt) return this.#fail("has a number without digits in its exponent", at);
    }
    this.#at = at;
    if (!hasExponent && at - from <= EXACT_CHARS) return true;
    return this.#survives(this.#text.toString("latin1", from, at), at === wholeEnd, from);
  }

  #survives(digits: string, isInteger: boolean, at: number): boolean {
    const value = Number(digits);
    if (!Number.isFinite(value)) return this.#fail("has a number that is too large", at);
    if (value === 0 && /^[^e]*[1-9]/i.test(digits)) return this.#fail("has a number that is too small", at);
    if (isInteger ? String(value) !== digits : isInexactInteger(value, digits)) {
      return this.#fail("has an integer with more digits than can be kept: send it as a string", at);
    }
    return true;
  }
}

/** An integer written with a point or an exponent, whose digits would come out as others. */
const isInexactInteger = (value: number, digits: string): boolean =>
  Number.isInteger(value) &&
  !Number.isSafeInteger(value) &&
  significant(digits) !== significant(String(value));

const significant = (digits: string): string =>
  digits
    .replace(/e.*/i, "")
    .replaceAll(/[-.]/g, "")
    .replaceAll(/^0+|0+$/g, "");
