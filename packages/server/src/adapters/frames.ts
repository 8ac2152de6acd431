import { deserialize, serialize } from "node:v8";

/** Longer than any message: what says that it is longer is none. */
const LONGEST = 256 << 20;
const HEAD = 4;

/** The value as it goes over a stream: its length in bytes, then itself. */
export function frame(value: unknown): Buffer[] {
  const body = serialize(value);
  const head = Buffer.allocUnsafe(HEAD);
  head.writeUInt32LE(body.length);
  return [head, body];
}

/** Puts together what a stream brings in pieces. */
export class Frames {
  #pieces: Buffer[] = [];
  #bytes = 0;
  /** With the head; null: that has not come yet. */
  #wanted: number | null = null;

  /** The values that are whole with this piece. Throws where what has come is no frame. */
  push(piece: Buffer): unknown[] {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    const values: unknown[] = [];
    while (this.#bytes >= (this.#wanted ?? HEAD)) {
      const all = this.#pieces.length === 1 ? (this.#pieces[0] as Buffer) : Buffer.concat(this.#pieces);
      this.#pieces = [all];
      if (this.#wanted === null) {
        this.#wanted = HEAD + all.readUInt32LE(0);
        if (this.#wanted > LONGEST) throw new Error(`A frame of ${this.#wanted} bytes.`);
        continue;
      }
      values.push(deserialize(all.subarray(HEAD, this.#wanted)));
      this.#pieces = [all.subarray(this.#wanted)];
      this.#bytes -= this.#wanted;
      this.#wanted = null;
    }
    return values;
  }
}
