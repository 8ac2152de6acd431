import { once } from "node:events";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Neighbours, Word } from "../engine/neighbours.ts";
import { neighboursIn } from "./neighbours.ts";

const STATE: Word = { kind: "state", pressed: true, ended: 3 };
const OFFER: Word = { kind: "offer", deliveries: ["del_1", "née 🍕", null, 7] };

let folder: string;
const opened: Neighbours[] = [];
const troubles: string[] = [];
const heard: [at: string, from: string | null, word: Word][] = [];
const lost: [at: string, process: string][] = [];

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "tt-")), "own");
});
afterEach(() => {
  for (const neighbours of opened.splice(0)) neighbours.close();
  for (const list of [troubles, heard, lost]) list.length = 0;
  rmSync(join(folder, ".."), { recursive: true, force: true });
});

const neighbours = (name: string, at = folder): Neighbours => {
  const made = neighboursIn(at, (reason) => troubles.push(reason));
  opened.push(made);
  made.listen({
    heard: (from, word) => heard.push([name, from, word]),
    lost: (process) => lost.push([name, process]),
  });
  return made;
};
const met = async (): Promise<[worker: Neighbours, api: Neighbours]> => {
  const [worker, api] = [neighbours("worker"), neighbours("api")];
  await worker.open("proc_w");
  api.meet(["proc_w", "proc_elsewhere"]);
  await vi.waitUntil(() => api.reaches("proc_w") && worker.guests === 1);
  return [worker, api];
};

it("carry words both ways, whole and in order", async () => {
  const [worker, api] = await met();
  expect(api.reaches("proc_elsewhere")).toBe(false);
  const long: Word = { kind: "offer", deliveries: ["x".repeat(3_000_000)] };
  for (const word of [OFFER, long, STATE]) api.tell("proc_w", word);
  worker.tellGuests(STATE);
  await vi.waitUntil(() => heard.length === 4);
  expect(heard.filter(([at]) => at === "worker")).toEqual([
    ["worker", null, OFFER],
    ["worker", null, long],
    ["worker", null, STATE],
  ]);
  expect(heard.filter(([at]) => at === "api")).toEqual([["api", "proc_w", STATE]]);
});

it("know when the other is gone, and meet who comes after it", async () => {
  const [worker, api] = await met();
  worker.close();
  await vi.waitUntil(() => lost.length === 1);
  expect(lost).toEqual([["api", "proc_w"]]);
  expect(api.reaches("proc_w")).toBe(false);
  api.tell("proc_w", STATE);
  const next = neighbours("next");
  await next.open("proc_x");
  api.meet(["proc_x"]);
  await vi.waitUntil(() => api.reaches("proc_x"));
  api.meet([]);
  await vi.waitUntil(() => next.guests === 0);
  expect(api.reaches("proc_x")).toBe(false);
});

it("hang up on who says what they do not understand", async () => {
  const [worker] = await met();
  const stranger = connect(join(folder, readdirSync(folder)[0] as string));
  await vi.waitUntil(() => worker.guests === 2);
  stranger.write("GET / HTTP/1.1\r\n\r\n");
  await once(stranger, "close");
  await vi.waitUntil(() => worker.guests === 1);
  expect(heard).toEqual([]);
});

it("leave nothing behind, and remove what the killed have left", async () => {
  const [worker] = await met();
  // As a killed process leaves it: the name is there, and nobody listens. A young one may be about to.
  for (const name of ["killed", "young"]) {
    const server = createServer().listen(join(folder, name));
    await once(server, "listening");
    renameSync(join(folder, name), join(folder, `${name}.1`));
    server.close();
  }
  utimesSync(join(folder, "killed.1"), 0, 0);
  await neighbours("other").open("proc_o");
  await vi.waitUntil(() => !readdirSync(folder).includes("killed.1"));
  expect(readdirSync(folder).toSorted()).toEqual(["proc_o.1", "proc_w.1", "young.1"]);
  worker.close();
  await vi.waitUntil(() => readdirSync(folder).length === 2);
});

it.each([
  ["that others may enter", false],
  ["that is a link", true],
])("do without where the folder is one %s", async (_, isLink) => {
  const real = isLink ? `${folder}2` : folder;
  mkdirSync(real);
  chmodSync(real, isLink ? 0o700 : 0o755);
  if (isLink) symlinkSync(real, folder);
  await neighbours("worker").open("proc_w");
  expect(troubles).toEqual([expect.stringContaining("own folder")]);
  expect(readdirSync(folder)).toEqual([]);
});
