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
  | "aud_";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

function base32(value: number, length: number): string {
  let text = "";
  let rest = value;
  for (let i = 0; i < length; i++) {
    text = ALPHABET[rest % 32] + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

/** Ids sort by the time they were made: 48 bits of milliseconds, then 80 bits of chance. */
export type NewId = (prefix: IdPrefix) => string;

export function idsFrom(clock: Clock, random: Random): NewId {
  return (prefix) => {
    const chance = random.bytes(10);
    let tail = "";
    for (let i = 0; i < 10; i += 5) {
      const high = ((chance[i] ?? 0) << 12) | ((chance[i + 1] ?? 0) << 4) | ((chance[i + 2] ?? 0) >> 4);
      const low = (((chance[i + 2] ?? 0) & 15) << 16) | ((chance[i + 3] ?? 0) << 8) | (chance[i + 4] ?? 0);
      tail += base32(high, 4) + base32(low, 4);
    }
    return `${prefix}${base32(clock.now(), 10)}${tail}`;
  };
}

export const isoTime = (ms: number): string => new Date(ms).toISOString();
