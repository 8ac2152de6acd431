/** @param {ArrayLike<number>} values @param {number} share 0.5 is the median. Nearest rank; NaN of nothing. */
export function quantile(values, share) {
  const sorted = Float64Array.from(values).sort();
  return sortedQuantile(sorted, share);
}

/** @param {Float64Array} sorted ascending @param {number} share */
export function sortedQuantile(sorted, share) {
  if (sorted.length === 0) return Number.NaN;
  const rank = Math.ceil(share * sorted.length) - 1;
  return sorted[Math.min(Math.max(rank, 0), sorted.length - 1)];
}

/** @param {ArrayLike<number>} values The middle one, or the mean of the two in the middle. */
export function median(values) {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length / 2;
  if (sorted.length === 0) return Number.NaN;
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)];
  return (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @param {readonly number[]} values */
export const spread = (values) => ({
  median: median(values),
  low: values.length === 0 ? Number.NaN : Math.min(...values),
  high: values.length === 0 ? Number.NaN : Math.max(...values),
});

/**
 * Least squares through (x, y): the slope and its standard error, which says what is noise.
 * @param {readonly number[]} xs @param {readonly number[]} ys
 */
export function slope(xs, ys) {
  const n = xs.length;
  if (n < 3) return { slope: Number.NaN, error: Number.NaN };
  const meanX = xs.reduce((sum, x) => sum + x, 0) / n;
  const meanY = ys.reduce((sum, y) => sum + y, 0) / n;
  let sxx = 0;
  let sxy = 0;
  for (let i = 0; i < n; i++) {
    sxx += (xs[i] - meanX) ** 2;
    sxy += (xs[i] - meanX) * (ys[i] - meanY);
  }
  const gradient = sxy / sxx;
  let residue = 0;
  for (let i = 0; i < n; i++) residue += (ys[i] - meanY - gradient * (xs[i] - meanX)) ** 2;
  return { slope: gradient, error: Math.sqrt(residue / (n - 2) / sxx) };
}
