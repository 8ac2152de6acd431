import type { Hint, Hints } from "../driver.ts";
import type { Database } from "./database.ts";
import type { Session } from "./session.ts";

const CHANNEL = "ticketrail_hints";
/** However much happens: one notification in this time. */
const EVERY_MS = 20;
/** PostgreSQL takes payloads of 8,000 bytes; with more stores than this, everybody looks everywhere. */
const MOST_STORES = 100;
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
  #due = false;
  #timer: NodeJS.Timeout | null = null;
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
    if (hint.kind === "due") this.#due = true;
    else this.#stores.add(hint.storeId);
    if (this.#open) this.#timer ??= setTimeout(() => this.#send(), EVERY_MS);
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
    const stores = this.#stores.size > MOST_STORES ? [ALL_STORES] : [...this.#stores];
    const payload = JSON.stringify([this.#due, stores]);
    this.#due = false;
    this.#stores.clear();
    this.#db.rows("SELECT pg_notify($1, $2)", CHANNEL, payload).catch(() => undefined);
  }

  #heard(payload: string): void {
    let said: [boolean, string[]];
    try {
      said = JSON.parse(payload);
    } catch {
      return;
    }
    const [due, stores] = said;
    const hints: Hint[] = stores.map((storeId) => ({ kind: "endpoints", storeId }));
    if (due) hints.push({ kind: "due" });
    for (const listener of this.#listeners) for (const hint of hints) listener(hint);
  }
}
