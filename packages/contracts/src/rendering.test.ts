import { describe, expect, it } from "vitest";
import { ERROR_STATUS, type ErrorCode, type PublicError } from "./error.ts";
import { mipos } from "./mipos/index.ts";
import { olympus } from "./olympus/index.ts";
import { ordeliya } from "./ordeliya/index.ts";
import { CONTRACTS } from "./registry.ts";
import { sela } from "./sela/index.ts";
import { standard } from "./standard/index.ts";

const error = (code: ErrorCode, more: Partial<PublicError> = {}): PublicError => ({
  code,
  message: "The request is not valid.",
  fields: [],
  headers: {},
  ...more,
});

const BAD_FIELDS = error("invalid_request", {
  fields: [
    { field: "client_id", problem: "is required" },
    { field: "url", problem: "must be a string." },
  ],
});

describe("every contract", () => {
  it.each(CONTRACTS.map((contract) => [contract.name, contract] as const))(
    "%s renders every code as an error status, with the error's own headers and its message",
    (_name, contract) => {
      for (const code of Object.keys(ERROR_STATUS) as ErrorCode[]) {
        const rendered = contract.renderError(error(code, { headers: { allow: "GET" } }), "req_1");
        expect(rendered.status, code).toBeGreaterThanOrEqual(400);
        expect(rendered.headers, code).toMatchObject({ allow: "GET" });
        expect(JSON.stringify(rendered.body), code).toMatch(/The request is not valid\.|Unauthorized/);
      }
    },
  );
});

describe("an error", () => {
  const message = "The request is not valid: client_id is required; url must be a string.";

  it("of Sela has its request's id in the body and in a header", () => {
    expect(sela.renderError(BAD_FIELDS, "req_1")).toEqual({
      status: 400,
      headers: { "x-sela-request-id": "req_1" },
      body: { error: { code: "invalid_request", message, request_id: "req_1" } },
    });
    expect(sela.renderError(error("rate_limited"), "req_1")).toMatchObject({
      status: 429,
      body: { error: { code: "rate_limited" } },
    });
  });

  it("of Olympus names every bad field in its message", () => {
    expect(olympus.renderError(BAD_FIELDS, "req_1")).toEqual({
      status: 400,
      headers: {},
      body: { error: { code: "invalid_request", message, request_id: "req_1" } },
    });
  });

  it("does not name a field twice where the message names it", () => {
    const said = error("invalid_request", {
      message: "url must be https",
      fields: [{ field: "url", problem: "must be https" }],
    });
    expect(olympus.renderError(said, "req_1").body).toMatchObject({
      error: { message: "url must be https" },
    });
  });

  it("of Sela names no field of the native API where an order cannot make a move", () => {
    const refused = error("invalid_transition", {
      message: "The order is accepted and cannot become rejected: it can go to ready.",
      fields: [{ field: "to", problem: "must be one of: ready" }],
    });
    expect(sela.renderError(refused, "req_1").body).toEqual({
      error: { code: "invalid_transition", message: refused.message, request_id: "req_1" },
    });
  });

  it("of Ordeliya is in its envelope, in capitals, with the fields as details", () => {
    expect(ordeliya.renderError(BAD_FIELDS, "req_1")).toEqual({
      status: 400,
      headers: {},
      body: {
        success: false,
        error: {
          code: "VALIDATION_ERROR",
          message: "The request is not valid.",
          details: BAD_FIELDS.fields,
        },
        meta: { requestId: "req_1" },
      },
    });
    expect(ordeliya.renderError(error("not_found"), "req_1").body).toEqual({
      success: false,
      error: { code: "NOT_FOUND", message: "The request is not valid." },
      meta: { requestId: "req_1" },
    });
  });

  it("of MiPOS is Laravel's", () => {
    const headers = { "www-authenticate": "Bearer" };
    expect(mipos.renderError(error("unauthorized", { headers }), "req_1")).toEqual({
      status: 401,
      headers,
      body: "Unauthorized.",
    });
    expect(mipos.renderError(BAD_FIELDS, "req_1")).toEqual({
      status: 422,
      headers: {},
      body: { client_id: ["The client id field is required."], url: ["The url field must be a string."] },
    });
    expect(mipos.renderError(error("already_exists", { message: "Registered already." }), "req_1")).toEqual({
      status: 409,
      headers: {},
      body: { message: ["Registered already."], data: null },
    });
  });

  it("of our own is a problem document", () => {
    expect(standard.renderError(BAD_FIELDS, "req_1")).toEqual({
      status: 422,
      headers: { "content-type": "application/problem+json" },
      body: {
        type: "urn:ticketrail:problem:invalid_request",
        title: "The request is not valid",
        status: 422,
        detail: "The request is not valid.",
        code: "invalid_request",
        errors: BAD_FIELDS.fields,
        requestId: "req_1",
      },
    });
  });
});
