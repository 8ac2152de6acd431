import type {
  AcceptResult,
  ClaimInput,
  ClaimResult,
  NewEvent,
  SaveOrderInput,
  SaveOrderResult,
} from "../driver.ts";
import { claimDue } from "./claim.ts";
import type { Intake } from "./columns.ts";
import type { Context } from "./context.ts";
import { toStorageError } from "./errors.ts";
import { acceptResult, saveResult, takeIn, type Written } from "./intake.ts";
import { Line, type Outcome } from "./line.ts";

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
    this.#line = new Line((calls) => this.#run(calls));
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

  /** The group's intakes go first, all at once. */
  async *#run(calls: readonly Call[]): AsyncGenerator<Outcome<Written | ClaimResult>> {
    const intakes = calls.flatMap((call) => ("intake" in call ? [call.intake] : []));
    const written = intakes.length === 0 ? [] : await takeIn(this.#context, intakes);
    let next = 0;
    for (const call of calls) {
      if ("intake" in call) yield written[next++] as Outcome<Written>;
      else yield await this.#claim(call.claim);
    }
  }

  async #claim(input: ClaimInput): Promise<Outcome<ClaimResult>> {
    try {
      return { value: await claimDue(this.#context, input) };
    } catch (error) {
      return { error: toStorageError(error) };
    }
  }
}
