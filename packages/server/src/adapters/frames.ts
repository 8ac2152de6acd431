import { deserialize, serialize } from "node:v8";

/** Longer than any message: what says that it is longer is none. */
const LONGEST = 256 << 20;
const HEAD = 4;
/** More room than this is given up when it is empty. */
const ROOM = 1 << 20;

/** The value as it goes over a stream: its length in bytes, then itself. */
export function frame(value: unknown): Buffer[] {
  const body = serialize(value);
  const head = Buffer.allocUnsafe(HEAD);
  head.writeUInt32LE(body.length);
  return [head, body];
}

/** Puts together what a stream brings in pieces. Frames that are cut are put together in one place: it is used again. */
export class Frames {
  #room = Buffer.alloc(0);
  #kept = 0;

  /** The values that are whole with this piece. Throws where what has come is no frame. */
  push(piece: Buffer): unknown[] {
    const all = this.#kept === 0 ? piece : this.#with(piece);
    const values: unknown[] = [];
    let from = 0;
    for (let end = endOf(all, from); end <= all.length; end = endOf(all, from)) {
      values.push(deserialize(all.subarray(from + HEAD, end)));
      from = end;
    }
    // What was there already, and is not whole yet, stays where it is.
    if (from > 0 || all === piece) this.#keep(all.subarray(from));
    else this.#kept = all.length;
    return values;
  }

  #with(piece: Buffer): Buffer {
    const length = this.#kept + piece.length;
    if (length > this.#room.length) {
      const wider = Buffer.allocUnsafeSlow(length * 2);
      this.#room.copy(wider, 0, 0, this.#kept);
      this.#room = wider;
    }
    piece.copy(this.#room, this.#kept);
    return this.#room.subarray(0, length);
  }

  #keep(rest: Buffer): void {
    this.#kept = 0;
    if (rest.length > 0) this.#with(rest);
    else if (this.#room.length > ROOM) this.#room = Buffer.alloc(0);
    this.#kept = rest.length;
  }
}

/** Where the frame that begins at `from` ends; beyond all there is while its head has not come. */
function endOf(bytes: Buffer, from: number): number {
  if (bytes.length - from < HEAD) return Number.POSITIVE_INFINITY;
  const length = bytes.readUInt32LE(from);
  if (length > LONGEST) throw new Error(`A frame of ${length} bytes.`);
  return from + HEAD + length;
}
