import { isoTime } from "../../domain/id.ts";
import { REPLAYABLE, type ReplayInput } from "../../service/replays.ts";
import type { ReplayJob } from "../../store/driver.ts";
import { accepted, given, listed, type NativeRoute, ok, pageOf, route } from "./route.ts";
import { fields, id, idText, listQuery, NOTHING, oneOf, page, time, view } from "./words.ts";

const STATES = ["running", "paused", "done", "cancelled"] as const;

const REPLAY = view("Replay", {
  id: id("rpl_"),
  storeId: { type: "string" },
  endpointId: id("wh_"),
  since: time,
  until: time,
  status: oneOf(REPLAYABLE),
  state: oneOf(STATES),
  total: { type: "integer", description: "Deliveries that matched when the job was made." },
  replayed: { type: "integer" },
  createdAt: time,
  updatedAt: time,
});

const replayView = (job: ReplayJob) => ({
  id: job.id,
  storeId: job.storeId,
  endpointId: job.endpointId,
  since: isoTime(job.since),
  until: isoTime(job.until),
  status: job.status,
  state: job.state,
  total: job.total,
  replayed: job.replayed,
  createdAt: isoTime(job.createdAt),
  updatedAt: isoTime(job.updatedAt),
});

interface Body {
  readonly endpointId: string;
  readonly since: string;
  readonly until?: string;
  readonly status?: ReplayInput["status"];
  readonly dryRun?: boolean;
}

const create = route<Body>({
  method: "POST",
  path: "/v1/replays",
  summary: "Send many deliveries again",
  description:
    "All of an endpoint's deliveries of one status that were made in a span of time. `dryRun` counts them and does nothing; without it a job works them off.",
  needs: "webhooks:write",
  body: fields(
    {
      endpointId: idText,
      since: { ...time, description: "Both ends are included." },
      until: { ...time, description: "Now, if left out." },
      status: oneOf(REPLAYABLE, {
        description:
          "`dead_letter` if left out. `retrying`: those that wait for a retry are tried at once, for an endpoint that is mended.",
      }),
      dryRun: { type: "boolean" },
    },
    ["endpointId", "since"],
  ),
  example: { endpointId: "wh_01jh8xk3v5n7q2", since: "2026-01-18T10:00:00Z", dryRun: true },
  responses: {
    200: {
      description: "With `dryRun`: how many it would be.",
      schema: view(null, { total: { type: "integer" } }),
    },
    202: { description: "The job.", schema: REPLAY },
  },
  run: async ({ call, body }, { replays }) => {
    const input = {
      endpointId: body.endpointId,
      since: Date.parse(body.since),
      until: body.until === undefined ? null : Date.parse(body.until),
      status: body.status ?? "dead_letter",
    };
    if (body.dryRun) return ok({ total: await replays.count(call, input) });
    return accepted(replayView(await replays.create(call, input)));
  },
});

const list = route({
  method: "GET",
  path: "/v1/replays",
  summary: "List replays",
  needs: "webhooks:read",
  query: listQuery({ storeId: idText, endpointId: idText, state: oneOf(STATES) }),
  responses: { 200: { description: "Newest first, running and ended.", schema: page(REPLAY) } },
  run: async ({ call, query }, { replays }) => {
    const state = STATES.find((each) => each === query.state);
    const filter = { ...given(query, "storeId", "endpointId"), ...(state === undefined ? {} : { state }) };
    return listed(await replays.list(call, { ...filter, ...pageOf(query) }), replayView);
  },
});

const get = route({
  method: "GET",
  path: "/v1/replays/:id",
  summary: "See how far a replay is",
  needs: "webhooks:read",
  responses: { 200: { description: "The job.", schema: REPLAY } },
  run: async ({ call, params }, { replays }) => ok(replayView(await replays.get(call, params.id ?? ""))),
});

const steering = (verb: string, summary: string, state: "running" | "paused" | "cancelled") =>
  route({
    method: "POST",
    path: `/v1/replays/:id/${verb}`,
    summary,
    needs: "webhooks:write",
    body: NOTHING,
    responses: { 200: { description: "The job as it now is.", schema: REPLAY } },
    run: async ({ call, params }, { replays }) =>
      ok(replayView(await replays.setState(call, params.id ?? "", state))),
  });

export const replayRoutes: readonly NativeRoute[] = [
  create,
  list,
  get,
  steering("pause", "Pause a replay", "paused"),
  steering("resume", "Go on with a replay", "running"),
  steering("cancel", "End a replay", "cancelled"),
];
