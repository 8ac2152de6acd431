import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { type SentError, sendError } from "./errors.ts";
import { type Call, MAX_GROUP, type Outcome, runGroup, runRead } from "./group.ts";
import type { Answer, Request, WorkerStart } from "./message.ts";
import { connect, disconnect } from "./open.ts";
import { VERB_NAMES } from "./verbs.ts";

/** One connection on a thread of its own. */
function serve(port: MessagePort, { path, role, maxPages }: WorkerStart): void {
  const db = connect({ path, role, ...(maxPages === null ? {} : { maxPages }) });
  const waiting: Call[] = [];
  let ending = false;

  const take = (request: Request): void => {
    if (request === null) {
      ending = true;
      return;
    }
    for (let i = 0; i < request.length; i += 2) {
      const verb = VERB_NAMES[request[i] as number];
      if (verb) waiting.push({ verb, args: request[i + 1] as readonly unknown[] });
    }
  };
  // While a group was being written, the next one has arrived.
  const takeAll = (): void => {
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) take(next.message);
  };

  port.on("message", (request: Request) => {
    take(request);
    for (takeAll(); waiting.length > 0; takeAll()) {
      if (role === "writer") {
        port.postMessage(answer(runGroup(db, waiting.splice(0, MAX_GROUP))));
      } else {
        const [call] = waiting.splice(0, 1);
        if (call) port.postMessage(answer([runRead(db, call)]));
      }
    }
    if (!ending) return;
    if (role === "writer") disconnect(db);
    else db.close();
    port.close();
  });
  port.postMessage("ready");
}

function answer(outcomes: readonly Outcome[]): Answer {
  const errors: [number, SentError][] = [];
  const values = outcomes.map((outcome, position) => {
    if (!("error" in outcome)) return outcome.value;
    errors.push([position, sendError(outcome.error)]);
    return null;
  });
  return { values, errors };
}

if (parentPort) serve(parentPort, workerData as WorkerStart);
