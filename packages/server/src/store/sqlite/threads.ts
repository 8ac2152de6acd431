import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { StorageUnavailable } from "../driver.ts";
import type { Db } from "./db.ts";
import { receiveError } from "./errors.ts";
import { type Call, runRead } from "./group.ts";
import { closed, type Host, settle } from "./local.ts";
import type { Answer, WorkerStart } from "./message.ts";
import { VERB_NAMES, verbNamed } from "./verbs.ts";

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

const VERB_NUMBER = new Map(VERB_NAMES.map((name, index) => [name, index]));

/** Calls to one worker; it answers them in order. */
class Line {
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  /** Gathered and not sent, each with who waits for its answer. */
  #outgoing: unknown[] = [];
  #gathered: Waiting[] = [];
  /** Sent; forgotten when the last of them is answered, so that no more is kept than is under way. */
  #sent: Waiting[] = [];
  #answered = 0;
  #scheduled = false;
  #failure: Error | null = null;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on("message", (answer: Answer) => this.#receive(answer));
    worker.on("error", (error) => this.#fail(error));
    this.#exited = new Promise((resolve) => {
      worker.on("exit", () => {
        this.#fail(closed());
        resolve();
      });
    });
  }

  /** Resolves when the worker has opened the database; rejects with the reason why it could not. */
  static async start(start: WorkerStart): Promise<Line> {
    const worker = new Worker(new URL("./worker.js", import.meta.url), { workerData: start });
    await once(worker, "message");
    return new Line(worker);
  }

  call({ verb, args }: Call): Promise<unknown> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#outgoing.push(VERB_NUMBER.get(verb), args);
      this.#gathered.push({ resolve, reject });
      this.#schedule();
    });
  }

  async close(): Promise<void> {
    this.#send();
    this.#worker.postMessage(null);
    await this.#exited;
  }

  /**
   * Requests that arrive together are read in one turn of the event loop, and go over together at its end. While the
   * worker has some in hand, the next ones gather: a message and a commit cost the same for one call as for fifty.
   */
  #schedule(): void {
    if (this.#scheduled || this.#sent.length > 0 || this.#outgoing.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#send();
    });
  }

  #send(): void {
    if (this.#outgoing.length === 0) return;
    const calls = this.#outgoing;
    const waiting = this.#gathered;
    this.#outgoing = [];
    this.#gathered = [];
    try {
      this.#worker.postMessage(calls);
    } catch (error) {
      // Something in them cannot be copied; the worker has got none of them.
      for (const { reject } of waiting) reject(error as Error);
      return;
    }
    this.#sent = this.#sent.concat(waiting);
  }

  #receive({ values, errors }: Answer): void {
    const failed = new Map(errors);
    const sent = this.#sent;
    values.forEach((value, position) => {
      const waiting = sent[this.#answered++];
      const error = failed.get(position);
      if (error) waiting?.reject(receiveError(error));
      else waiting?.resolve(value);
    });
    if (this.#answered < sent.length) return;
    this.#sent = [];
    this.#answered = 0;
    this.#schedule();
  }

  #fail(cause: Error): void {
    this.#failure ??= new StorageUnavailable(`The database's thread has ended: ${cause.message}`, { cause });
    const waiting = [...this.#sent.slice(this.#answered), ...this.#gathered];
    this.#sent = [];
    this.#gathered = [];
    this.#answered = 0;
    for (const { reject } of waiting) reject(this.#failure);
  }
}

/** Writes and lists each have a thread, so that no list holds up a commit; single rows are read where they are asked for. */
export class ThreadHost implements Host {
  readonly #db: Db;
  readonly #writer: Line;
  readonly #reader: Line;
  #open = true;

  private constructor(db: Db, writer: Line, reader: Line) {
    this.#db = db;
    this.#writer = writer;
    this.#reader = reader;
  }

  /** `db` reads single rows, on the caller's thread. */
  static async start(db: Db, path: string, maxPages: number | null): Promise<ThreadHost> {
    const [writer, reader] = await Promise.allSettled([
      Line.start({ path, role: "writer", maxPages }),
      Line.start({ path, role: "reader", maxPages: null }),
    ]);
    if (writer.status === "fulfilled" && reader.status === "fulfilled") {
      return new ThreadHost(db, writer.value, reader.value);
    }
    for (const line of [writer, reader]) if (line.status === "fulfilled") await line.value.close();
    throw writer.status === "rejected" ? writer.reason : (reader as PromiseRejectedResult).reason;
  }

  call(call: Call): Promise<unknown> {
    if (!this.#open) return Promise.reject(closed());
    const { kind } = verbNamed(call.verb);
    if (kind === "point") return settle(runRead(this.#db, call));
    return (kind === "write" ? this.#writer : this.#reader).call(call);
  }

  async close(): Promise<void> {
    this.#open = false;
    await this.#reader.close();
    await this.#writer.close();
    this.#db.close();
  }
}
