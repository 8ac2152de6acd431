/** The answers of Ordeliya's management calls, as schemas. */
import type { JsonSchema } from "../contract.ts";
import { array, boolean, constant, dateTime, integer, nullable, object, oneOf, string } from "../schema.ts";

const success = (data: JsonSchema, meta?: JsonSchema): JsonSchema =>
  object({ success: constant(true), data, ...(meta && { meta }) });

const endpoint = object({
  id: string(),
  url: string(),
  events: array(string()),
  isActive: boolean,
  createdAt: dateTime,
  lastDeliveryAt: nullable(dateTime),
  failureCount: integer(),
});

export const endpointAnswer = success(endpoint);
export const endpointListAnswer = success(array(endpoint), object({ total: integer(), requestId: string() }));

export const testAnswer = success(
  object(
    {
      delivered: boolean,
      statusCode: nullable(integer()),
      responseTimeMs: integer(),
      eventId: string(),
    },
    { error: string() },
  ),
);

const attempt = object(
  {
    id: string(),
    eventId: string(),
    eventType: string(),
    status: oneOf("delivered", "failed", "retrying", "dead_letter"),
    statusCode: nullable(integer()),
    responseTimeMs: integer(),
    attemptNumber: integer(),
    deliveredAt: dateTime,
  },
  { error: string(), nextRetryAt: dateTime },
);

export const attemptListAnswer = success(
  array(attempt),
  object({ total: integer(), page: integer(), limit: integer(), totalPages: integer() }),
);

export const healthAnswer = success(object({ status: constant("ok") }));
