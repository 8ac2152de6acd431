/** What is handed in wherever a decision depends on time or chance. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
}
export interface Random {
  bytes(size: number): Uint8Array;
}

export type IdPrefix =
  | "ten_"
  | "store_"
  | "key_"
  | "wh_"
  | "ord_"
  | "itm_"
  | "evt_"
  | "evt_test_"
  | "del_"
  | "rpl_"
  | "req_"
  | "lease_"
  | "proc_"
  | "aud_";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
/** All texts of two digits, by their value: an event takes some eight ids. */
const PAIRS = Array.from({ length: 1 << 10 }, (_, value) => base32(value, 2));

function base32(value: number, length: number): string {
  let text = "";
  let rest = value;
  for (let i = 0; i < length; i++) {
    text = ALPHABET[rest % 32] + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

/**
 * Ids sort by the time they were made, and within one source of ids by the order in which they were made:
 * 50 bits of milliseconds, 20 bits of count, 60 bits of chance.
 */
export type NewId = (prefix: IdPrefix) => string;

export function idsFrom(clock: Clock, random: Random): NewId {
  let lastMs = 0;
  let count = 0;
  let head = "";
  return (prefix) => {
    const now = clock.now();
    if (now > lastMs) {
      lastMs = now;
      count = 0;
      head = base32(now, 10);
    } else if (++count >= 1 << 20) {
      lastMs += 1;
      count = 0;
      head = base32(lastMs, 10);
    }
    const chance = random.bytes(12);
    let tail = "";
    for (let i = 0; i < 12; i += 2) tail += PAIRS[((chance[i] ?? 0) & 31) * 32 + ((chance[i + 1] ?? 0) & 31)];
    return prefix + head + PAIRS[count >> 10] + PAIRS[count & 1_023] + tail;
  };
}

let lastMs = Number.NaN;
let lastText = "";

/** The same moment is asked for several times in a row: an event, its order, its deadline. */
export function isoTime(ms: number): string {
  if (ms !== lastMs) {
    lastText = new Date(ms).toISOString();
    lastMs = ms;
  }
  return lastText;
}
