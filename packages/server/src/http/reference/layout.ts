import { type Html, html } from "./html.ts";
import { STYLE } from "./style.ts";

/** A whole page. `side` is null where there is nothing to go through. */
export function layout(title: string, side: Html | null, main: Html): string {
  const style: Html = { markup: `<style>${STYLE}</style>` };
  const body = side
    ? html`<div class="shell"><input id="menu" type="checkbox" aria-label="Show the contents"><nav class="side">${side}</nav><main>${main}</main></div>`
    : html`<main>${main}</main>`;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${title}</title>${style}</head>
<body>${body}</body></html>
`.markup;
}
