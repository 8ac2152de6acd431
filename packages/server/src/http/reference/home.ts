import type { ApiDescription } from "./description.ts";
import { html } from "./html.ts";
import { layout } from "./layout.ts";
import { docsPath } from "./page.ts";

/** What a person sees who opens the hub's address. */
export function homePage(apis: readonly ApiDescription[]): string {
  const cards = apis.map(
    (api) =>
      html`<li><a href="${docsPath(api)}">${api.title}<span>${api.base === "" ? "The native API" : api.base} · ${api.calls.length} calls · ${api.contract.events.length} events</span></a></li>`,
  );
  return layout(
    "Ticketrail",
    null,
    html`<h1>Ticketrail</h1>
<p class="lead">An order-event hub for restaurants. It keeps orders, signs and delivers the events they cause in five webhook contracts, tries again, and takes decisions back.</p>
<h2>Reference</h2><ul class="cards">${cards}</ul>
<h2>Operation</h2><p><a href="/livez">/livez</a> · <a href="/readyz">/readyz</a> · <a href="/metrics">/metrics</a> · <a href="/openapi.json">/openapi.json</a></p>`,
  );
}
