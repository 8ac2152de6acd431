import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import type { Vault } from "../engine/vault.ts";
import { SECRET_KEY_BYTES } from "./vault.ts";

const kept = (path: string): string | null => {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
};

/** Written at most once, readable by its owner alone, in a folder that is there. */
function keep(path: string, text: string): void {
  writeFileSync(path, `${text}\n`, { mode: 0o600, flag: "wx" });
}

/** In development: the key that encrypts secrets at rest, made beside the embedded store at the first start. */
export function madeSecretKey(databasePath: string): Uint8Array {
  const path = `${databasePath}.secret-key`;
  let text = kept(path);
  if (text === null) {
    text = randomBytes(SECRET_KEY_BYTES).toString("hex");
    keep(path, text);
  }
  const key = Buffer.from(text, "hex");
  if (key.length === SECRET_KEY_BYTES) return key;
  throw new Error(
    `${path} does not hold ${SECRET_KEY_BYTES} bytes in hex: put back the one the data was made with.`,
  );
}

export interface AdminKey {
  readonly hash: string;
  /** The one chance to show it; null at later starts. */
  readonly fresh: string | null;
  /** To be called when it can be shown: of one that nobody has seen, no trace may stay. */
  keep(): void;
}

/** In development: the operator's key, made at the first start that succeeds. Only its keyed hash is kept. */
export function madeAdminKey(databasePath: string, vault: Vault): AdminKey {
  const path = `${databasePath}.admin-key-hash`;
  const there = kept(path);
  if (there !== null) return { hash: there, fresh: null, keep: () => undefined };
  const fresh = `tr_admin_${randomBytes(24).toString("base64url")}`;
  const hash = vault.hash(fresh);
  return { hash, fresh, keep: () => keep(path, hash) };
}
