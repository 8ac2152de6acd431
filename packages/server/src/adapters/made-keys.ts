import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Vault } from "../engine/vault.ts";
import { SECRET_KEY_BYTES } from "./vault.ts";

/** Written at most once, readable by its owner alone. */
function readOrMake(path: string, make: () => string): { readonly text: string; readonly made: boolean } {
  try {
    return { text: readFileSync(path, "utf8").trim(), made: false };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const text = make();
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${text}\n`, { mode: 0o600, flag: "wx" });
  return { text, made: true };
}

/** In development: the key that encrypts secrets at rest, made beside the embedded store at the first start. */
export function madeSecretKey(databasePath: string): Uint8Array {
  const { text } = readOrMake(`${databasePath}.secret-key`, () =>
    randomBytes(SECRET_KEY_BYTES).toString("hex"),
  );
  return Buffer.from(text, "hex");
}

/**
 * In development: the operator's key, made at the first start. Only its keyed hash is kept, so `fresh` is the one
 * chance to show it; null at later starts.
 */
export function madeAdminKey(
  databasePath: string,
  vault: Vault,
): { readonly hash: string; readonly fresh: string | null } {
  let fresh: string | null = null;
  const { text } = readOrMake(`${databasePath}.admin-key-hash`, () => {
    fresh = `tr_admin_${randomBytes(24).toString("base64url")}`;
    return vault.hash(fresh);
  });
  return { hash: text, fresh };
}
