/** Markup that has been escaped already. */
export interface Html {
  readonly markup: string;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (char) => ESCAPES[char] ?? "");

type Part = Html | string | number | null | readonly Part[];

const rendered = (part: Part): string => {
  if (part === null) return "";
  if (Array.isArray(part)) return part.map(rendered).join("");
  return typeof part === "object" ? (part as Html).markup : escaped(String(part));
};

/** A template whose values are text, unless they are markup. */
export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Html => ({
  markup: strings.map((text, index) => text + rendered(parts[index] ?? null)).join(""),
});

/** Words between backticks as code; everything else as text. */
export const prose = (text: string): Html => ({
  markup: escaped(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>"),
});

export const code = (text: string): Html => html`<pre><code>${text}</code></pre>`;
