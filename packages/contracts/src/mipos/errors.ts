import type { Contract } from "../contract.ts";
import type { FieldError, PublicError, RenderedResponse } from "../error.ts";
import { statusOf } from "../rendering.ts";
import { done, texts } from "./schemas.ts";

const UNAUTHORIZED = "Unauthorized.";

/** As Laravel renders them: docs/conformance.md, "Management APIs", MiPOS. */
export const renderError: Contract["renderError"] = (error) => rendered(error, bodyOf(error));

export const errorSchema: Contract["errorSchema"] = {
  anyOf: [
    { const: UNAUTHORIZED },
    { ...done(texts), description: "What the call, or the state of what it names, does not allow." },
    {
      type: "object",
      additionalProperties: texts,
      description: "Each bad field, with what is wrong with it.",
    },
  ],
};

const rendered = (error: PublicError, body: unknown): RenderedResponse => ({
  status: statusOf(error),
  headers: error.headers,
  body,
});

function bodyOf({ code, message, fields }: PublicError): unknown {
  if (code === "unauthorized") return UNAUTHORIZED;
  if (code === "invalid_request" && fields.length > 0) return byField(fields);
  return { message: [message], data: null };
}

function byField(fields: readonly FieldError[]): Record<string, string[]> {
  const sentences = new Map<string, string[]>();
  for (const { field, problem } of fields)
    sentences.set(field, [...(sentences.get(field) ?? []), sentence(field, problem)]);
  return Object.fromEntries(sentences);
}

const sentence = (field: string, problem: string): string =>
  `The ${field.replaceAll("_", " ")} field ${problem.replace(/\.$/, "")}.`;
