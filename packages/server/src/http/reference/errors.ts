import { type Contract, ERROR_STATUS, type ErrorCode } from "@ticketrail/contracts";
import { code, type Html, html, prose } from "./html.ts";
import { MEANINGS } from "./meanings.ts";
import { sampleError } from "./openapi.ts";

interface Sample {
  readonly status: number;
  readonly body: unknown;
}

/** Every code as the contract sends it, and what its bodies look like. */
export function errors(contract: Contract): Html {
  const codes = Object.keys(ERROR_STATUS) as ErrorCode[];
  const samples = codes.map((errorCode): [ErrorCode, Sample] => [errorCode, sampleOf(contract, errorCode)]);
  const forms = formsOf(samples.map(([, { body }]) => body));
  const rows = samples.map(
    ([errorCode, { status, body }]) =>
      html`<tr><td><code>${codeIn(body) ?? JSON.stringify(forms.find((form) => isAlike(form, body)))}</code></td><td>${status}</td><td>${prose(MEANINGS[errorCode])}</td></tr>`,
  );
  const heading = forms.length === 1 ? "Every refusal has this form:" : "A refusal has one of these forms:";
  return html`<p>${heading}</p>${forms.map((form) => code(JSON.stringify(form, null, 2)))}
<div class="table"><table><thead><tr><th>${forms.length === 1 ? "Code" : "Form"}</th><th>Status</th><th>Meaning</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function sampleOf(contract: Contract, errorCode: ErrorCode): Sample {
  if (errorCode === "invalid_request") return sampleError(contract);
  return contract.renderError(
    { code: errorCode, message: "…", fields: [], headers: {} },
    "req_01jh8xk3v5n7q2",
  );
}

/** One of each form: the fullest. */
function formsOf(bodies: readonly unknown[]): readonly unknown[] {
  const forms: unknown[] = [];
  for (const body of bodies.toSorted((a, b) => sizeOf(b) - sizeOf(a))) {
    if (!forms.some((form) => isAlike(form, body))) forms.push(body);
  }
  return forms;
}

const sizeOf = (body: unknown): number => JSON.stringify(body).length;

/** The one has no member that the other has not. */
function isAlike(form: unknown, body: unknown): boolean {
  if (!isObject(form) || !isObject(body)) return typeof form === typeof body;
  return Object.keys(body).every((key) => key in form);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** The contract's own code, wherever its envelope has it; MiPOS has none. */
function codeIn(body: unknown): string | null {
  if (!isObject(body)) return null;
  if (typeof body.code === "string") return body.code;
  for (const value of Object.values(body)) {
    const found = codeIn(value);
    if (found !== null) return found;
  }
  return null;
}
