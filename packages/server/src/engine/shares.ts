/** What is known of an endpoint: its last attempt succeeded, none was made lately, or it failed. The best first. */
const STANDINGS = ["proven", "unknown", "failed"] as const;
export type Standing = (typeof STANDINGS)[number];

/**
 * How much may be taken by those of a standing and of worse ones. Endpoints that hang are known by it when their first
 * attempt is over, and from then on leave half to the others, however many they are.
 */
const PART: Readonly<Record<Standing, number>> = { proven: 1, unknown: 3 / 4, failed: 1 / 2 };

/**
 * Places that all lanes share. A lane may have up to a part of what is free: with a part of an eighth, a ninth of all
 * where it is alone, and the next one a ninth of the rest. So a few that take all they may leave most to the others;
 * against many, there are the standings.
 */
export class Shares {
  readonly #places: number;
  readonly #part: number;
  readonly #takenBy: Record<Standing, number> = { proven: 0, unknown: 0, failed: 0 };
  #taken = 0;

  constructor(places: number, part: number) {
    this.#places = places;
    this.#part = part;
  }

  get taken(): number {
    return this.#taken;
  }

  /** A negative number gives places back. */
  take(standing: Standing, places: number): void {
    this.#takenBy[standing] += places;
    this.#taken += places;
  }

  /** How many places one lane may have: at least one, so that who has none waits for a place and not to be asked again. */
  get perLane(): number {
    return Math.max(1, Math.ceil((this.#places - this.#taken) * this.#part));
  }

  /** How many more may be taken by those of this standing. */
  left(standing: Standing): number {
    let taken = this.#taken;
    let left = Number.POSITIVE_INFINITY;
    for (const each of STANDINGS) {
      left = Math.min(left, Math.floor(this.#places * PART[each]) - taken);
      if (each === standing) break;
      taken -= this.#takenBy[each];
    }
    return Math.max(0, left);
  }

  /** Those who may take another place, the best first. */
  open(): readonly Standing[] {
    const shut = STANDINGS.findIndex((standing) => this.left(standing) === 0);
    return shut < 0 ? STANDINGS : STANDINGS.slice(0, shut);
  }
}
