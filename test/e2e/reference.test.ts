import { type Browser, chromium as engine, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CHROMIUM_ARGS, chromium } from "./chromium.ts";
import { Hub } from "./hub.ts";

const hub = new Hub();
let browser: Browser;

beforeAll(async () => {
  await hub.start();
  browser = await engine.launch({ executablePath: chromium(), args: [...CHROMIUM_ARGS] });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await hub.remove();
});

const PATHS = ["/", "/docs", "/docs/sela", "/docs/mipos", "/docs/olympus", "/docs/ordeliya"];
const WIDTHS = [1_280, 390];

/** Opens a page and reports what a reader would stumble over. */
async function visit(page: Page, path: string): Promise<string[]> {
  const problems: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(hub.url)) problems.push(`loads from outside: ${request.url()}`);
  });
  const response = await page.goto(hub.url + path);
  if (response?.status() !== 200) problems.push(`answers ${response?.status()}`);
  const overflow = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth");
  if (Number(overflow) > 0) problems.push(`is ${overflow} px wider than the window`);
  return problems;
}

test.each(WIDTHS.flatMap((width) => PATHS.map((path) => [path, width] as const)))(
  "%s reads well at %i px, and loads nothing from outside",
  async (path, width) => {
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    try {
      expect(await visit(page, path)).toEqual([]);
      expect((await page.title()).length).toBeGreaterThan(5);
      expect(await page.locator("h1").count()).toBe(1);
    } finally {
      await page.close();
    }
  },
  30_000,
);

test("the reference of the native API names every call of its OpenAPI document", async () => {
  const document = (await hub.get("/openapi.json")).body;
  const page = await browser.newPage();
  await page.goto(`${hub.url}/docs`);
  const text = await page.locator("body").textContent();
  for (const path of Object.keys(document.paths)) {
    // OpenAPI writes {id}; the page may write :id.
    const [first] = path.split("{");
    expect(text ?? "").toContain(first);
  }
  await page.close();
});
