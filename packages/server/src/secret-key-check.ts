import type { Vault } from "./engine/vault.ts";
import type { StoreDriver } from "./store/driver.ts";

/**
 * Throws where the newest endpoint's secret does not open: under another key nothing could be signed, and the whole
 * queue would end as dead letters.
 */
export async function checkSecretKey(
  driver: Pick<StoreDriver, "listEndpoints">,
  vault: Pick<Vault, "open">,
): Promise<void> {
  const { rows } = await driver.listEndpoints({ limit: 1, cursor: null });
  const endpoint = rows[0]?.endpoint;
  const sealed = endpoint?.secrets[0]?.sealed;
  if (endpoint === undefined || sealed === undefined) return;
  try {
    vault.open(sealed, endpoint.id);
  } catch (cause) {
    throw new Error(
      "the secret key is not the one that the endpoints' secrets were encrypted with: set TICKETRAIL_SECRET_KEY to that one, or put back the .secret-key file beside the database. If it is lost, start with TICKETRAIL_SECRET_KEY_LOST=true, give every endpoint a new secret, and make new API keys.",
      { cause },
    );
  }
}
