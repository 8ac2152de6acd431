import type {
  AcceptResult,
  ClaimInput,
  ClaimResult,
  NewEvent,
  SaveOrderInput,
  SaveOrderResult,
} from "../driver.ts";
import { claimDue, hasQuota } from "./claim.ts";
import type { Intake } from "./columns.ts";
import type { Context } from "./context.ts";
import { acceptResult, saveResult, takeIn, type Written } from "./intake.ts";
import { type Answer, Line, together } from "./line.ts";

type Call = { readonly intake: Intake } | { readonly claim: ClaimInput };

/**
 * Accepts, saves and claims in one line: a claim finds all that was accepted before it, and what is accepted after it
 * is answered after it. The order of an order's events depends on that.
 */
export class Intakes {
  readonly #context: Context;
  readonly #line: Line<Call, Written | ClaimResult>;

  constructor(context: Context) {
    this.#context = context;
    this.#line = new Line((calls, answer) => this.#run(calls, answer));
  }

  async accept(event: NewEvent): Promise<AcceptResult> {
    return acceptResult((await this.#line.call({ intake: { order: null, events: [event] } })) as Written);
  }

  async save(order: SaveOrderInput): Promise<SaveOrderResult> {
    const written = await this.#line.call({ intake: { order, events: order.events } });
    return saveResult(this.#context, order, written as Written);
  }

  async claim(claim: ClaimInput): Promise<ClaimResult> {
    return (await this.#line.call({ claim })) as ClaimResult;
  }

  /** The intakes of a group go at once, and then its claims; what comes after a claim of its store goes after it. */
  async #run(calls: readonly Call[], answer: Answer<Written | ClaimResult>): Promise<void> {
    let left = [...calls.entries()];
    while (left.length > 0) {
      const [intakes, places, claims, later]: [Intake[], number[], [number, ClaimInput][], typeof left] = [
        [],
        [],
        [],
        [],
      ];
      const claimed = new Set<string>();
      for (const entry of left) {
        const [place, call] = entry;
        if (claimed.has(storeOf(call))) {
          later.push(entry);
        } else if ("claim" in call) {
          claimed.add(storeOf(call));
          claims.push([place, call.claim]);
        } else {
          intakes.push(call.intake);
          places.push(place);
        }
      }
      const written = intakes.length === 0 ? [] : await takeIn(this.#context, intakes);
      for (const [index, outcome] of written.entries()) answer(places[index] as number, outcome);
      for (const limited of [false, true]) {
        const some = claims.filter(([, claim]) => hasQuota(claim) === limited);
        if (some.length === 0) continue;
        const inputs = some.map(([, claim]) => claim);
        const results = await together(inputs, (all) => claimDue(this.#context, all));
        for (const [index, outcome] of results.entries()) answer(some[index]?.[0] as number, outcome);
      }
      left = later;
    }
  }
}

const storeOf = (call: Call): string =>
  "claim" in call
    ? call.claim.storeId
    : (call.intake.order?.order.storeId ?? call.intake.events[0]?.event.storeId ?? "");
