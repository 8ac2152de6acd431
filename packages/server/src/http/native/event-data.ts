import {
  CANONICAL_EVENTS,
  type CanonicalEventType,
  canonicalDataSchema,
  canonicalTypeOf,
} from "@ticketrail/contracts";
import { invalidField, invalidFields, Refusal } from "../../domain/error.ts";
import type { Validate, Validation } from "../validation.ts";
import { ORDER_EVENT_DATA } from "./order-schemas.ts";

export const isOrderEvent = (type: CanonicalEventType): boolean => type.startsWith("order.");

/** Which event a name means, and whether its `data` will do. */
export class EventData {
  readonly #validation: Validation;
  readonly #order: Validate;
  readonly #records = new Map<CanonicalEventType, Validate>();

  constructor(validation: Validation) {
    this.#validation = validation;
    this.#order = validation.compile(ORDER_EVENT_DATA);
  }

  /** Throws `invalid_request` for a name that is not known, or means several events. */
  typeOf(name: string): CanonicalEventType {
    const type = canonicalTypeOf(name);
    if (type === null) throw invalidField("type", `must be one of: ${CANONICAL_EVENTS.join(", ")}`);
    return type;
  }

  /** Throws `invalid_request`, naming the fields where they stand in the request. */
  check(type: CanonicalEventType, data: unknown): void {
    const validate = isOrderEvent(type) ? this.#order : this.#ofRecord(type);
    try {
      validate(data);
    } catch (error) {
      throw underData(error);
    }
  }

  #ofRecord(type: CanonicalEventType): Validate {
    let validate = this.#records.get(type);
    if (!validate) {
      validate = this.#validation.compile(canonicalDataSchema(type));
      this.#records.set(type, validate);
    }
    return validate;
  }
}

const underData = (error: unknown): unknown =>
  error instanceof Refusal && error.fields.length > 0
    ? invalidFields(
        error.fields.map(({ field, problem }) => ({
          field: field === "body" ? "data" : `data.${field}`,
          problem,
        })),
      )
    : error;
