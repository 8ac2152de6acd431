import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { CONTRACTS } from "./registry.ts";

const ROOT = fileURLToPath(new URL(".", import.meta.url));

const sources = readdirSync(ROOT, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts") && !path.startsWith("fixtures/"))
  .map((path) => ({ path, text: readFileSync(`${ROOT}${path}`, "utf8") }));

const importsOf = (text: string): readonly string[] =>
  [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1] ?? "");

describe("the package", () => {
  it("imports nothing but itself, so that it runs anywhere", () => {
    expect(sources.length).toBeGreaterThan(CONTRACTS.length);
    for (const { path, text } of sources)
      for (const name of importsOf(text)) expect(name, path).toMatch(/^\.\.?\//);
  });

  it("has contracts that never import each other", () => {
    const folders = CONTRACTS.map(({ name }) => name);
    for (const { path, text } of sources.filter(({ path }) => folders.includes(path.split("/")[0] ?? "")))
      for (const name of importsOf(text)) expect(name, path).toMatch(/^(\.\/|\.\.\/)[a-z-]+\.ts$/);
  });

  it("reads a contract's name nowhere but in its own folder and in the registry", () => {
    const compared = /(?:===|!==|case)\s*"(sela|mipos|olympus|ordeliya|standard)"/;
    for (const { path, text } of sources.filter(({ path }) => !path.includes("/")))
      expect(compared.test(text), path).toBe(false);
  });
});
