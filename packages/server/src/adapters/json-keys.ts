/** With more keys than these a set is quicker, and the cost of an object with 50,000 keys stays linear. */
const MAX_LISTED_KEYS = 24;
const FORBIDDEN = "__proto__";
const UNDERSCORE = 0x5f;

/**
 * The keys of the objects that are open while a JSON text is scanned. Keys are compared where they stand in the text:
 * making a string of each would cost as much as the whole scan.
 */
export class JsonKeys {
  readonly #text: Buffer;
  /** Where each key begins, and a number that tells most keys apart; of all open objects, the innermost last. */
  readonly #starts: number[] = [];
  readonly #marks: number[] = [];
  /** Which of them belong to the innermost object. Counted here, since shortening an array costs more than all else. */
  #first = 0;
  #count = 0;
  /** Once the innermost object has too many keys, or one with escapes: all its keys, decoded. */
  #decoded: Set<string> | null = null;

  constructor(text: Buffer) {
    this.#text = text;
  }

  /** Begins an object. What it returns goes to `close`. */
  open(): OpenObject {
    const outer = { first: this.#first, decoded: this.#decoded };
    this.#first = this.#count;
    this.#decoded = null;
    return outer;
  }

  close(outer: OpenObject): void {
    this.#count = this.#first;
    this.#first = outer.first;
    this.#decoded = outer.decoded;
  }

  /** `start` and `end` enclose the quotes. */
  add(start: number, end: number, escaped: boolean): "new" | "repeated" | "forbidden" {
    if (escaped || this.#decoded !== null || this.#count - this.#first >= MAX_LISTED_KEYS) {
      return this.#addDecoded(start, end);
    }
    const length = end - start;
    const first = this.#text[start + 1] ?? 0;
    const mark = (length << 16) | (first << 8) | (this.#text[end - 2] ?? 0);
    for (let i = this.#first; i < this.#count; i++) {
      if (this.#marks[i] === mark && this.#same(this.#starts[i] ?? 0, start, length)) return "repeated";
    }
    if (first === UNDERSCORE && this.decode(start, end) === FORBIDDEN) return "forbidden";
    this.#starts[this.#count] = start;
    this.#marks[this.#count++] = mark;
    return "new";
  }

  /** The key between two quotes. */
  decode(start: number, end: number): string {
    const text = this.#text.toString("utf8", start, end);
    return text.includes("\\") ? String(JSON.parse(text)) : text.slice(1, -1);
  }

  #same(a: number, b: number, length: number): boolean {
    for (let i = 1; i < length; i++) if (this.#text[a + i] !== this.#text[b + i]) return false;
    return true;
  }

  #addDecoded(start: number, end: number): "new" | "repeated" | "forbidden" {
    this.#decoded ??= new Set(
      this.#starts.slice(this.#first, this.#count).map((from) => this.#decodeFrom(from)),
    );
    const key = this.decode(start, end);
    if (key === FORBIDDEN) return "forbidden";
    const before = this.#decoded.size;
    return this.#decoded.add(key).size > before ? "new" : "repeated";
  }

  /** Of a key without escapes: it ends at the next quote. */
  #decodeFrom(start: number): string {
    return this.decode(start, this.#text.indexOf('"', start + 1) + 1);
  }
}

interface OpenObject {
  readonly first: number;
  readonly decoded: Set<string> | null;
}
