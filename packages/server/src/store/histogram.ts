/** Each bucket is a quarter wider than the one before; its middle is within 12 % of anything in it. */
const GROWTH = 1.25;
const LOG = Math.log(GROWTH);

/** Bucket 0 is up to a millisecond, bucket n up to GROWTHⁿ ms. */
export const bucketOf = (durationMs: number): number =>
  durationMs <= 1 ? 0 : Math.ceil(Math.log(durationMs) / LOG - 1e-9);

const middleOf = (bucket: number): number => (bucket === 0 ? 1 : GROWTH ** (bucket - 0.5));

/** The value below which `share` of what was counted lies; null where nothing was. */
export function quantile(counts: ReadonlyMap<number, number>, share: number): number | null {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const rank = Math.max(1, Math.ceil(share * total));
  let passed = 0;
  for (const bucket of [...counts.keys()].sort((a, b) => a - b)) {
    passed += counts.get(bucket) ?? 0;
    if (passed >= rank) return Math.round(middleOf(bucket) * 10) / 10;
  }
  return null;
}
