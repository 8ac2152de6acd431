import type { Contract, JsonSchema } from "@ticketrail/contracts";
import {
  type ApiDescription,
  type CallDescription,
  deliveryHeaders,
  needsInWords,
  paramsOf,
} from "./description.ts";
import { errors } from "./errors.ts";
import { exampleOf } from "./example.ts";
import { fieldRows, typeOf } from "./fields.ts";
import { code, type Html, html, prose } from "./html.ts";
import { layout } from "./layout.ts";

/** One API's reference: every call, every event, every error. */
export function referencePage(api: ApiDescription, apis: readonly ApiDescription[]): string {
  const { contract } = api;
  const main = html`
<h1>${api.title} API</h1>
<p class="lead">${prose(api.intro)}</p>
${api.calls.length === 0 ? null : access(api)}
<p>The same as a machine reads it: <a href="${api.base}/openapi.json">OpenAPI 3.1</a>.</p>
${api.calls.length === 0 ? null : html`<h2 id="calls">Calls</h2>${api.calls.map((call) => callCard(api, call))}`}
<h2 id="webhooks">Webhooks</h2>
${webhooks(contract)}
<h2 id="errors">Errors</h2>
${errors(contract)}`;
  return layout(`${api.title} API · Ticketrail`, sidebar(api, apis), main);
}

const access = ({ base, contract }: ApiDescription): Html =>
  html`<p>Base URL: the hub's address${base === "" ? "" : html` and <code>${base}</code>`}. Send <code>Authorization: Bearer KEY</code>; this API's keys begin with <code>${contract.keyPrefix}</code>. Bodies are JSON in UTF-8, 256 KB at most. <code>Idempotency-Key</code> is understood on every POST.</p>`;

function sidebar(api: ApiDescription, apis: readonly ApiDescription[]): Html {
  const links = apis.map(
    (other) =>
      html`<li><a href="${docsPath(other)}"${other === api ? html` aria-current="page"` : null}>${other.title}</a></li>`,
  );
  const calls = api.calls.map(
    (call) => html`<li><a href="#${anchor(call)}">${method(call)}<span>${call.summary}</span></a></li>`,
  );
  return html`<label class="burger" for="menu">Contents</label><a class="brand" href="/"><b>Ticketrail</b><span class="dim">reference</span></a>
<div class="contents"><h2>APIs</h2><ul>${links}</ul>
${calls.length === 0 ? null : html`<h2>Calls</h2><ul>${calls}</ul>`}
<h2>More</h2><ul><li><a href="#webhooks">Webhooks</a></li><li><a href="#errors">Errors</a></li></ul></div>`;
}

export const docsPath = (api: ApiDescription): string => (api.base === "" ? "/docs" : `/docs${api.base}`);

const method = (call: CallDescription): Html =>
  html`<span class="method ${call.method.toLowerCase()}">${call.method}</span>`;

const anchor = ({ method: verb, path }: CallDescription): string =>
  `${verb.toLowerCase()}${path.replaceAll(/[^A-Za-z0-9]+/g, "-")}`;

function callCard(api: ApiDescription, call: CallDescription): Html {
  const responses = Object.entries(call.responses).map(
    ([status, { description, schema }]) =>
      html`<details><summary><code>${status}</code> ${prose(description)}</summary>${schema ? fieldTable(schema) : null}</details>`,
  );
  const params = paramsOf(call.path).map(
    (name) => html`<tr><td><code>${name}</code></td><td>string</td><td>In the path.</td></tr>`,
  );
  return html`<section class="call" id="${anchor(call)}"><h3>${call.summary}</h3>
<div class="line">${method(call)}<span class="path">${api.base}${call.path}</span></div>
${call.description === "" ? null : html`<p>${prose(call.description)}</p>`}
<p class="dim">Needs: ${prose(needsInWords(call.needs))}</p>
${params.length === 0 ? null : html`<h4>Path</h4>${table(params)}`}
${call.query === null || fieldRows(call.query).length === 0 ? null : html`<h4>Query</h4>${fieldTable(call.query)}`}
${call.body === null || fieldRows(call.body).length === 0 ? null : html`<h4>Body</h4>${fieldTable(call.body)}`}
<h4>Example</h4>${code(curl(api, call))}
<h4>Answers</h4>${responses}</section>`;
}

const table = (rows: readonly Html[]): Html =>
  html`<div class="table"><table><thead><tr><th>Field</th><th>Type</th><th></th></tr></thead><tbody>${rows}</tbody></table></div>`;

function fieldTable(schema: JsonSchema): Html {
  const rows = fieldRows(schema);
  if (rows.length === 0) return html`<p class="dim">${typeOf(schema)}</p>`;
  return table(
    rows.map(
      ({ path, type, required, notes }) =>
        html`<tr><td><code>${path}</code>${required ? html`<span class="must">required</span>` : null}</td><td class="dim">${type}</td><td>${prose(notes)}</td></tr>`,
    ),
  );
}

/** The call as a shell would make it; `$HUB` and `$KEY` are the reader's. */
function curl({ base, contract }: ApiDescription, call: CallDescription): string {
  const path = call.path.replaceAll(/:([A-Za-z_]+)/g, "$$$1".toUpperCase());
  const parts = [`curl ${call.method === "GET" ? "" : `-X ${call.method} `}"$HUB${base}${path}"`];
  if (call.needs !== null) parts.push(`-H "Authorization: Bearer $KEY"`);
  if (call.body !== null) {
    const example = call.example ?? exampleOf(call.body, contract.events[0]?.name ?? "");
    const text = JSON.stringify(example, null, 2).replaceAll("'", "'\\''");
    parts.push(`-H "Content-Type: application/json"`, `-d '${text}'`);
  }
  return parts.join(" \\\n  ");
}

function webhooks(contract: Contract): Html {
  const [first] = contract.events;
  const headers = Object.entries(deliveryHeaders(contract, first?.name ?? "")).map(
    ([name, value]) => `${name}: ${value}`,
  );
  const delays = contract.retry.delaysMs.map(duration).join(", ");
  const events = contract.events.map(
    (
      event,
    ) => html`<details id="event-${event.name}"><summary><code>${event.name}</code> ${event.description}</summary>
<h4>Body</h4>${fieldTable(event.schema)}<h4>Example</h4>${code(JSON.stringify(event.example, null, 2))}</details>`,
  );
  return html`<p>Every attempt is a POST that is stamped and signed afresh: HMAC-SHA256 over ${signedBytes(contract)}. Answer 2xx within 10 seconds. A failed attempt is made again after ${delays}; then the delivery is a dead letter, which can be replayed.</p>
${code(headers.join("\n"))}${events}`;
}

function signedBytes({ signing }: Contract): Html {
  const prefix = signing.prefix({ eventId: "{id}", timestamp: "{timestamp}" });
  return html`<code>${prefix}{body}</code>, in ${signing.encodings.join(" or ")}`;
}

function duration(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${seconds / 60} min`;
  return `${seconds / 3_600} h`;
}
