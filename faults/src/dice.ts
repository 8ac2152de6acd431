/** A number in [0, 1): the same seed, the same numbers. */
export type Dice = () => number;

/** mulberry32: small and fast. */
export function seededDice(seed: number): Dice {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export const between = (dice: Dice, low: number, high: number): number => low + dice() * (high - low);

export function shuffled<Item>(dice: Dice, items: readonly Item[]): Item[] {
  const keyed = items.map((item) => ({ item, key: dice() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}
