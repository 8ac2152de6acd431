import { randomFillSync } from "node:crypto";
import type { Random } from "../domain/id.ts";
import type { Vault } from "../engine/vault.ts";

const POOL_BYTES = 8_192;
const SEEDED_BLOCK_BYTES = 64;

/** The system's generator, asked for many bytes at a time: a call costs more than the bytes. */
export function cryptoRandom(): Random {
  return pooled(POOL_BYTES, (pool) => {
    randomFillSync(pool);
  });
}

/** The same bytes each time for the same vault and seed, so that a request that is made again makes the same ids. */
export function seededRandom(vault: Vault, seed: string): Random {
  let block = 0;
  return pooled(SEEDED_BLOCK_BYTES, (pool) => {
    pool.set(vault.derive(`random ${block++} ${seed}`, pool.length));
  });
}

function pooled(sizeBytes: number, refill: (pool: Uint8Array) => void): Random {
  const pool = new Uint8Array(sizeBytes);
  let used = sizeBytes;
  return {
    bytes(size) {
      const out = new Uint8Array(size);
      for (let i = 0; i < size; i++) {
        if (used === sizeBytes) {
          refill(pool);
          used = 0;
        }
        out[i] = pool[used] ?? 0;
        // What was handed out may become a secret, and must not stay behind.
        pool[used++] = 0;
      }
      return out;
    },
  };
}
