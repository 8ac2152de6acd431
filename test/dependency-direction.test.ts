import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Which layer a file belongs to: the first prefix that fits. */
const LAYERS: readonly (readonly [prefix: string, layer: string])[] = [
  ["packages/contracts/src/", "contracts"],
  ["packages/server/src/domain/", "domain"],
  ["packages/server/src/engine/", "engine"],
  ["packages/server/src/store/", "store"],
  ["packages/server/src/adapters/", "adapters"],
  ["packages/server/src/service/", "service"],
  ["packages/server/src/http/", "http"],
  ["packages/server/src/demo/", "demo"],
  ["packages/server/src/", "app"],
];

/** What each layer may import, beside itself. `types` allows `import type` alone. */
const ALLOWED: Readonly<Record<string, Readonly<Record<string, "all" | "types">>>> = {
  contracts: {},
  // The canonical record and the error codes are the shared vocabulary; they bring no code but constants.
  domain: { contracts: "all" },
  store: { domain: "all", contracts: "types" },
  engine: { domain: "all", store: "types", contracts: "types" },
  adapters: { domain: "all", engine: "types", contracts: "types" },
  service: { domain: "all", contracts: "all", engine: "types", store: "types" },
  http: { domain: "all", contracts: "all", service: "all", engine: "types", store: "types" },
  demo: { app: "all" },
  app: {
    contracts: "all",
    domain: "all",
    store: "all",
    engine: "all",
    adapters: "all",
    service: "all",
    http: "all",
    demo: "all",
  },
};

const sources = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory())
      return ["node_modules", "dist", "fixtures", "conformance"].includes(entry.name) ? [] : sources(path);
    return /\.ts$/.test(entry.name) && !/\.(test|fixture)\.ts$|conformance\.ts$/.test(entry.name)
      ? [path]
      : [];
  });

const layerOf = (path: string): string | undefined => LAYERS.find(([prefix]) => path.startsWith(prefix))?.[1];

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

function importsOf(path: string): Import[] {
  const text = readFileSync(path, "utf8");
  const from = relative(root, path);
  const found = text.matchAll(/^(?:import|export)\s+(type\s)?[^;'"]*?from\s+"([^"]+)"/gm);
  return [...found].flatMap(([, type, specifier]) => {
    if (!specifier) return [];
    if (specifier.startsWith(".")) {
      return [{ from, to: relative(root, resolve(dirname(path), specifier)), typeOnly: type !== undefined }];
    }
    const to = specifier === "@ticketrail/contracts" ? "packages/contracts/src/index.ts" : specifier;
    return [{ from, to, typeOnly: type !== undefined }];
  });
}

const imports = sources(join(root, "packages")).flatMap(importsOf);

test("every import follows the direction of dependencies", () => {
  const wrong = imports.filter(({ from, to, typeOnly }) => {
    const here = layerOf(from);
    const there = layerOf(to);
    if (!here || !there || here === there) return false;
    const allowed = ALLOWED[here]?.[there];
    return allowed === undefined || (allowed === "types" && !typeOnly);
  });
  expect(wrong).toEqual([]);
});

test("the contracts package imports nothing but itself", () => {
  expect(imports.filter(({ from, to }) => layerOf(from) === "contracts" && !layerOf(to))).toEqual([]);
});

test("no contract imports another contract", () => {
  const contractOf = (path: string) => /^packages\/contracts\/src\/([a-z]+)\//.exec(path)?.[1];
  const wrong = imports.filter(({ from, to }) => {
    const here = contractOf(from);
    const there = contractOf(to);
    return here && there && here !== there && there !== "fixtures";
  });
  expect(wrong).toEqual([]);
});

test("the environment is read in main alone", () => {
  const readers = sources(join(root, "packages"))
    .filter((path) => readFileSync(path, "utf8").includes("process.env"))
    .map((path) => relative(root, path));
  expect(readers.filter((path) => path !== "packages/server/src/main.ts")).toEqual([]);
});

test("SQL stands in the store's folder and nowhere else", () => {
  const sql = /\b(SELECT\s+.+\s+FROM|INSERT INTO|DELETE FROM|CREATE TABLE)\b/;
  const writers = sources(join(root, "packages"))
    .filter((path) => sql.test(readFileSync(path, "utf8")))
    .map((path) => relative(root, path))
    .filter((path) => !path.startsWith("packages/server/src/store/"));
  expect(writers).toEqual([]);
});
