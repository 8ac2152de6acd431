import type { StoreDriver } from "../store/driver.ts";
import type { Held } from "./held.ts";
import type { Lane } from "./lane.ts";

/** Gives what is leased back to the store, as it was. Until that is done the lane is neither claimed from nor passed. */
export async function giveBack(
  driver: Pick<StoreDriver, "releaseDeliveries">,
  lane: Lane,
  back: readonly Held[],
): Promise<void> {
  const byToken = new Map<string | null, string[]>();
  for (const { token, delivery } of back) {
    const deliveryIds = byToken.get(token);
    if (deliveryIds) deliveryIds.push(delivery.id);
    else byToken.set(token, [delivery.id]);
  }
  lane.givingBack += 1;
  try {
    for (const [token, deliveryIds] of byToken) await driver.releaseDeliveries({ token, deliveryIds });
  } finally {
    lane.givingBack -= 1;
  }
}
