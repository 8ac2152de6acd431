import { ADAPTERS } from "./adapters/adapter.mjs";
import { PROBE, SEQUENCE } from "./wire/template.mjs";

/** How long a hub may take until it sends events to endpoints that were just made: some keep their routes for a while. */
const ROUTES_MS = 90_000;
const PROBE_MS = 1_000;
const LOOK_MS = 50;

/** A hub that runs already, driven through its adapter. @param {NonNullable<import("./options.mjs").Options["target"]>} target */
export function attachHub(target) {
  return {
    ...ADAPTERS[target.adapter].connect(target),
    url: target.base,
    processes: target.processes,
    stop() {},
  };
}

/**
 * Sends each store probes until every receiver has had one. A probe is no event of the measurement.
 * @param {URL} base @param {import("./wire/template.mjs").RequestShape[]} shapes
 * @param {import("./processes.mjs").Child} receivers
 */
export async function awaitRoutes(base, shapes, receivers) {
  const deadline = performance.now() + ROUTES_MS;
  while (performance.now() < deadline) {
    await Promise.all(shapes.map((shape) => probe(base, shape)));
    const until = performance.now() + PROBE_MS;
    while (performance.now() < until) {
      if ((await receivers.call("unprobed")) === 0) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }
  const missing = await receivers.call("unprobed");
  throw new Error(
    `${missing} receivers got nothing in ${ROUTES_MS / 1000} s: does the hub reach them, over plain HTTP, at --receivers-host?`,
  );
}

/** @param {URL} base @param {import("./wire/template.mjs").RequestShape} shape */
async function probe(base, { method, path, headers, body }) {
  const response = await fetch(new URL(path, base), {
    method,
    headers,
    body: body.replaceAll(SEQUENCE, String(PROBE)),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 400)}`);
}
