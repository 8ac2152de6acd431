import type { CanonicalEventType } from "@ticketrail/contracts";

/** An event at rest. */
export interface EventRecord {
  readonly id: string;
  /** `test.ping`: a sample that somebody asked for. */
  readonly type: CanonicalEventType | "test.ping";
  readonly tenantId: string;
  readonly storeId: string;
  /** What must be delivered in order: the order's id, or the event's own. */
  readonly subjectId: string;
  readonly createdAt: number;
  /** The canonical object as JSON text. */
  readonly data: string;
}

/** The bytes for one contract, made once. */
export interface Payload {
  readonly contract: string;
  /** The contract's own name of the event. */
  readonly type: string;
  readonly body: string;
}
