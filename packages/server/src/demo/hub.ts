/** What the demo asks of the hub that it starts. */
export interface DemoHubConfig {
  readonly host: string;
  readonly port: number;
  /** A fresh folder for everything the hub writes; removed at the end. */
  readonly folder: string;
  /** `file:…` inside that folder. */
  readonly databaseUrl: string;
  readonly adminKey: string;
  /** Retry delays are multiplied by it. */
  readonly retryScale: number;
  /** CIDRs that deliveries may reach: the receivers stand on loopback. */
  readonly allowNetworks: readonly string[];
  /** The terminal shows deliveries: the hub's own log stays out of it. */
  readonly logLevel: "silent";
}

export interface DemoHub {
  /** Where it listens: `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly adminKey: string;
  close(): Promise<void>;
}

export type StartHub = (config: DemoHubConfig) => Promise<DemoHub>;

const CALL_LIMIT_MS = 20_000;

/** JSON over HTTP with one key, as any client outside would do it. */
export class Client {
  constructor(
    readonly url: string,
    readonly key: string | null,
  ) {}

  with(key: string): Client {
    return new Client(this.url, key);
  }

  get<Answer>(path: string): Promise<Answer> {
    return this.#call("GET", path, undefined);
  }

  post<Answer>(path: string, body?: object): Promise<Answer> {
    return this.#call("POST", path, body);
  }

  /** Throws with call, status and the hub's own words on anything but a 2xx. */
  async #call<Answer>(method: string, path: string, body: object | undefined): Promise<Answer> {
    const headers: Record<string, string> = {};
    if (this.key !== null) headers.authorization = `Bearer ${this.key}`;
    if (body !== undefined) headers["content-type"] = "application/json";
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(CALL_LIMIT_MS),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 500)}`);
    return (text === "" ? null : JSON.parse(text)) as Answer;
  }
}

export interface ListPage<Row> {
  readonly data: readonly Row[];
  readonly nextCursor: string | null;
}

/** Every row of a list, page by page. */
export async function listAll<Row>(client: Client, path: string): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | null = null;
  do {
    const from: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const glue = path.includes("?") ? "&" : "?";
    const page: ListPage<Row> = await client.get(`${path}${glue}limit=100${from}`);
    rows.push(...page.data);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return rows;
}
