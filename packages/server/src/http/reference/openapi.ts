import type { EventType, JsonSchema } from "@ticketrail/contracts";
import { Components } from "./components.ts";
import {
  type ApiDescription,
  type CallDescription,
  deliveryHeaders,
  needsInWords,
  paramsOf,
} from "./description.ts";
import { asSchema, exampleOf } from "./example.ts";

type Json = { readonly [key: string]: unknown };

/** OpenAPI 3.1, from the schemas that validate. */
export function openApiOf(api: ApiDescription): Json {
  const components = new Components();
  const paths: Record<string, Record<string, Json>> = {};
  for (const call of api.calls) {
    const path = call.path.replaceAll(/:([A-Za-z_]+)/g, "{$1}");
    paths[path] = { ...paths[path], [call.method.toLowerCase()]: operationOf(api, call, components) };
  }
  const webhooks = Object.fromEntries(
    api.contract.events.map((event) => [event.name, webhookOf(api, event, components)]),
  );
  return {
    openapi: "3.1.0",
    info: {
      title: `${api.title} API`,
      version: "1",
      description: api.intro,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: api.base === "" ? "/" : api.base }],
    paths,
    webhooks,
    components: {
      securitySchemes: { key: { type: "http", scheme: "bearer" } },
      schemas: components.all(),
      responses: { Error: errorResponse(api) },
    },
    security: [{ key: [] }],
  };
}

function operationOf(api: ApiDescription, call: CallDescription, components: Components): Json {
  const responses = Object.entries(call.responses).map(([status, { description, schema }]) => [
    status,
    { description, ...(schema ? { content: json(components.refer(schema)) } : {}) },
  ]);
  const parameters = [
    ...paramsOf(call.path).map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
    ...queryParameters(call.query),
    ...(call.method === "POST" ? [IDEMPOTENCY_KEY] : []),
  ];
  return {
    operationId: operationId(call),
    summary: call.summary,
    description: [call.description, `Needs: ${needsInWords(call.needs)}`].filter(Boolean).join("\n\n"),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(call.body ? { requestBody: requestBody(api, call, call.body, components) } : {}),
    responses: { ...Object.fromEntries(responses), default: { $ref: "#/components/responses/Error" } },
    ...(call.needs === null ? { security: [] } : {}),
  };
}

const json = (schema: Json, example?: unknown): Json => ({
  "application/json": { schema, ...(example === undefined ? {} : { example }) },
});

const IDEMPOTENCY_KEY = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description: "The same body under the same key gets the same answer for 24 hours.",
  schema: { type: "string", minLength: 1, maxLength: 255 },
} as const;

const requestBody = (
  { contract }: ApiDescription,
  call: CallDescription,
  body: JsonSchema,
  components: Components,
): Json => ({
  required: Array.isArray(body.required) && body.required.length > 0,
  content: json(components.refer(body), call.example ?? exampleOf(body, contract.events[0]?.name ?? "")),
});

function queryParameters(query: JsonSchema | null): readonly Json[] {
  const required = new Set(Array.isArray(query?.required) ? query.required : []);
  return Object.entries(asSchema(query?.properties)).map(([name, property]) => {
    const { description, ...schema } = asSchema(property);
    return {
      name,
      in: "query",
      required: required.has(name),
      ...(description === undefined ? {} : { description }),
      schema,
    };
  });
}

/** `GET /v1/orders/:id` → `get_v1_orders_id`. */
const operationId = ({ method, path }: CallDescription): string =>
  `${method.toLowerCase()}${path.replaceAll(/[^A-Za-z0-9]+/g, "_")}`;

function webhookOf({ contract }: ApiDescription, event: EventType, components: Components): Json {
  const headers = Object.entries(deliveryHeaders(contract, event.name)).filter(
    ([name]) => name !== "content-type",
  );
  return {
    post: {
      operationId: `webhook_${event.name.replaceAll(/[^A-Za-z0-9]+/g, "_")}`,
      summary: event.description,
      parameters: headers.map(([name, example]) => ({
        name,
        in: "header",
        required: true,
        schema: { type: "string" },
        example,
      })),
      requestBody: { required: true, content: json(components.refer(event.schema), event.example) },
      responses: {
        "2XX": { description: "Received. Any other answer is tried again, or not, as the contract says." },
      },
      security: [],
    },
  };
}

/** The contract's own envelope. */
function errorResponse({ contract }: ApiDescription): Json {
  const { headers, body } = sampleError(contract);
  return {
    description: "What every refusal looks like, whatever is wrong.",
    content: {
      [headers?.["content-type"] ?? "application/json"]: { schema: contract.errorSchema, example: body },
    },
  };
}

export const sampleError = (contract: ApiDescription["contract"]) =>
  contract.renderError(
    {
      code: "invalid_request",
      message: "url must use https.",
      fields: [{ field: "url", problem: "must use https" }],
      headers: {},
    },
    "req_01jh8xk3v5n7q2",
  );
