import type { Hint, Hints } from "../driver.ts";
import type { Database } from "./database.ts";
import type { Session } from "./session.ts";

const CHANNEL = "ticketrail_hints";
/** However much happens: one notification in this time. */
const EVERY_MS = 20;
/** PostgreSQL takes payloads of 8,000 bytes; with more stores or endpoints than this, everybody looks everywhere. */
const MOST = 100;
const ALL_STORES = "*";

/**
 * NOTIFY and LISTEN. Sent by itself, never within another transaction: a commit that notifies waits for all others
 * that do. What is said while the listening connection is broken is lost, and nothing depends on it.
 */
export class PostgresHints implements Hints {
  readonly #db: Database;
  readonly #session: Session;
  readonly #listeners: ((hint: Hint) => void)[] = [];
  readonly #stores = new Set<string>();
  readonly #endpoints = new Set<string>();
  #anyDue = false;
  #timer: NodeJS.Timeout | null = null;
  #sentAt = Number.NEGATIVE_INFINITY;
  #open = true;

  constructor(db: Database, session: Session) {
    this.#db = db;
    this.#session = session;
    session.use({
      onOpen: (client) => client.query(`LISTEN ${CHANNEL}`),
      onNotification: (payload) => this.#heard(payload),
    });
  }

  say(hint: Hint): void {
    if (hint.kind === "endpoints") this.#stores.add(hint.storeId);
    else if (hint.endpointIds === null) this.#anyDue = true;
    else for (const id of hint.endpointIds) this.#endpoints.add(id);
    if (!this.#open || this.#timer) return;
    // What is said in one turn of the event loop goes together in any case.
    this.#timer = setTimeout(() => this.#send(), Math.max(0, this.#sentAt + EVERY_MS - performance.now()));
  }

  listen(listener: (hint: Hint) => void): void {
    this.#listeners.push(listener);
    void this.#session.open();
  }

  close(): void {
    this.#open = false;
    if (this.#timer) clearTimeout(this.#timer);
  }

  #send(): void {
    this.#timer = null;
    this.#sentAt = performance.now();
    const stores = this.#stores.size > MOST ? [ALL_STORES] : [...this.#stores];
    // The release before says true or false, and takes a list for true.
    const isAny = this.#anyDue || this.#endpoints.size > MOST;
    const due = isAny || (this.#endpoints.size > 0 && [...this.#endpoints]);
    this.#anyDue = false;
    this.#endpoints.clear();
    this.#stores.clear();
    const payload = JSON.stringify([due, stores]);
    this.#db.rows("SELECT pg_notify($1, $2)", CHANNEL, payload).catch(() => undefined);
  }

  #heard(payload: string): void {
    let said: [unknown, string[]];
    try {
      said = JSON.parse(payload);
    } catch {
      return;
    }
    if (!Array.isArray(said) || !Array.isArray(said[1])) return;
    const [due, stores] = said;
    const hints: Hint[] = stores.map((storeId) => ({ kind: "endpoints", storeId }));
    if (due === true || Array.isArray(due))
      hints.push({ kind: "due", endpointIds: due === true ? null : due });
    for (const listener of this.#listeners) for (const hint of hints) listener(hint);
  }
}
