/**
 * A real PostgreSQL of the runner's own, by the programs that the tests start theirs with. Those are plain JavaScript
 * outside of this project: what is used of them is said here.
 */
interface Server {
  readonly port: number;
  url(database: string): string;
  run(sql: string): Promise<unknown>;
  /** As a crash does. */
  kill(): Promise<void>;
  /** As `pg_ctl stop -m immediate` does: its processes end at once, and the next start recovers. */
  quit(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

interface Link {
  answers: "pass" | "cut" | "hold";
  listen(): Promise<number>;
  cut(): void;
  close(): Promise<void>;
}

/** What can be done to the server behind a hub's store. */
export interface DatabaseServer {
  kill(): Promise<void>;
  quit(): Promise<void>;
  /** Resolves when it answers. */
  start(): Promise<void>;
  /** Ends every connection but the one that says so. */
  disconnect(): Promise<unknown>;
  /** Another address of it; what goes there can be held back or cut. */
  readonly linkedEnv: Readonly<Record<string, string>>;
  readonly link: Link;
}

const DATABASE = "postgres";
const DISCONNECT = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = '${DATABASE}' AND pid <> pg_backend_pid()`;

const shared = (file: string): string => new URL(`../../test/postgres/${file}`, import.meta.url).href;

export async function startDatabase() {
  const { startPostgres } = (await import(shared("server.mjs"))) as { startPostgres(): Promise<Server> };
  const { Link } = (await import(shared("link.mjs"))) as { Link: new (port: number) => Link };
  const running = await startPostgres();
  const link = new Link(running.port);
  const address = new URL(running.url(DATABASE));
  const env = { DATABASE_URL: address.href };
  address.port = String(await link.listen());
  const server: DatabaseServer = {
    kill: () => running.kill(),
    quit: () => running.quit(),
    start: () => running.start(),
    disconnect: () => running.run(DISCONNECT),
    linkedEnv: { DATABASE_URL: address.href },
    link,
  };
  const stop = async () => {
    await link.close();
    await running.remove();
  };
  return { env, server, stop };
}
