import pg from "pg";

const CONNECT_MS = 2_000;
/** How soon it is tried again after it could not be had. */
const AGAIN_MS = 250;
/** How often it is asked for an answer, and how long that may take: a network that has gone silent says nothing. */
const ASK_MS = 2_000;
const ANSWER_MS = 3_000;

export interface SessionUser {
  /** It is there, for the first time or again. Where this rejects, it is made anew. */
  onOpen?(client: pg.Client): Promise<unknown>;
  /** It was there, and is not any more. */
  onCut?(): void;
  onNotification?(payload: string): void;
}

/** One connection that is kept for as long as the process lives, and made anew whenever it breaks. */
export class Session {
  readonly #url: string;
  readonly #users: SessionUser[] = [];
  #client: pg.Client | null = null;
  #line: Promise<boolean> = Promise.resolve(true);
  #opening: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(url: string) {
    this.#url = url;
  }

  use(user: SessionUser): void {
    this.#users.push(user);
  }

  /** From now on it is kept. Resolves when the latest try to connect has ended, well or not. */
  open(): Promise<void> {
    this.#opening ??= this.#connect();
    return this.#opening;
  }

  get isThere(): boolean {
    return this.#client !== null;
  }

  /** One statement at a time; false where the connection is not there, or has ended meanwhile. */
  run(sql: string, values: readonly unknown[] = []): Promise<boolean> {
    const client = this.#client;
    const done = this.#line.then(async () => {
      if (!client || client !== this.#client) return false;
      await answered(client, client.query(sql, [...values]));
      return client === this.#client;
    });
    this.#line = done.catch(() => false);
    return this.#line;
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = null;
    await client?.end().catch(() => undefined);
  }

  async #connect(): Promise<void> {
    if (this.#closed) return;
    const client = new pg.Client({
      connectionString: this.#url,
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
    });
    const lost = once(() => this.#lost(client));
    client.on("error", lost);
    client.on("end", lost);
    client.on("notification", ({ payload }) => {
      for (const user of this.#users) user.onNotification?.(payload ?? "");
    });
    try {
      await client.connect();
      for (const user of this.#users) await answered(client, Promise.resolve(user.onOpen?.(client)));
      if (this.#closed) return await client.end();
      this.#client = client;
      this.#askLater(client);
    } catch {
      destroy(client);
      lost();
    }
  }

  #lost(client: pg.Client): void {
    if (this.#closed) return;
    if (this.#timer) clearTimeout(this.#timer);
    if (this.#client === client) {
      this.#client = null;
      this.#opening = this.#connect();
      for (const user of this.#users) user.onCut?.();
    } else {
      this.#timer = setTimeout(() => {
        this.#opening = this.#connect();
      }, AGAIN_MS);
    }
  }

  #askLater(client: pg.Client): void {
    this.#timer = setTimeout(async () => {
      await this.run("SELECT");
      if (this.#client === client) this.#askLater(client);
    }, ASK_MS);
  }
}

/** A server that does not answer in time is given up, by closing the connection. */
async function answered<Answer>(client: pg.Client, answer: Promise<Answer>): Promise<Answer> {
  const timer = setTimeout(() => destroy(client), ANSWER_MS);
  try {
    return await answer;
  } finally {
    clearTimeout(timer);
  }
}

const destroy = (client: pg.Client): void =>
  void (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();

function once(run: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    run();
  };
}
