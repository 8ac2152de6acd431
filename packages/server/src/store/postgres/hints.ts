import pg from "pg";
import type { Hint, Hints } from "../driver.ts";
import type { Database } from "./database.ts";

const CHANNEL = "ticketrail_hints";
/** However much happens: one notification in this time. */
const EVERY_MS = 20;
const AGAIN_MS = 1_000;
/** PostgreSQL takes payloads of 8,000 bytes; with more stores than this, everybody looks everywhere. */
const MOST_STORES = 100;
const ALL_STORES = "*";

/**
 * NOTIFY and LISTEN. Sent by itself, never within another transaction: a commit that notifies waits for all others
 * that do. Listening takes a connection of its own, which is made anew whenever it breaks; what was said meanwhile is
 * lost, and nothing depends on it.
 */
export class PostgresHints implements Hints {
  readonly #db: Database;
  readonly #directUrl: string;
  readonly #listeners: ((hint: Hint) => void)[] = [];
  readonly #stores = new Set<string>();
  #due = false;
  #timer: NodeJS.Timeout | null = null;
  #again: NodeJS.Timeout | null = null;
  #client: pg.Client | null = null;
  #open = true;

  constructor(db: Database, directUrl: string) {
    this.#db = db;
    this.#directUrl = directUrl;
  }

  say(hint: Hint): void {
    if (hint.kind === "due") this.#due = true;
    else this.#stores.add(hint.storeId);
    if (this.#open) this.#timer ??= setTimeout(() => this.#send(), EVERY_MS);
  }

  listen(listener: (hint: Hint) => void): void {
    this.#listeners.push(listener);
    if (this.#listeners.length === 1) void this.#connect();
  }

  async close(): Promise<void> {
    this.#open = false;
    for (const timer of [this.#timer, this.#again]) if (timer) clearTimeout(timer);
    await this.#client?.end().catch(() => undefined);
  }

  #send(): void {
    this.#timer = null;
    const stores = this.#stores.size > MOST_STORES ? [ALL_STORES] : [...this.#stores];
    const payload = JSON.stringify([this.#due, stores]);
    this.#due = false;
    this.#stores.clear();
    this.#db.rows("SELECT pg_notify($1, $2)", CHANNEL, payload).catch(() => undefined);
  }

  async #connect(): Promise<void> {
    if (!this.#open) return;
    const client = new pg.Client({
      connectionString: this.#directUrl,
      connectionTimeoutMillis: 2_000,
      keepAlive: true,
    });
    this.#client = client;
    const lost = () => {
      if (this.#client !== client || !this.#open) return;
      this.#client = null;
      client.end().catch(() => undefined);
      this.#again = setTimeout(() => void this.#connect(), AGAIN_MS);
    };
    client.on("error", lost);
    client.on("end", lost);
    client.on("notification", ({ payload }) => this.#heard(payload ?? ""));
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
    } catch {
      lost();
    }
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
