import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

interface Question {
  readonly id: number;
  readonly name: string;
  readonly input: unknown;
}
interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** The calls of a child, by name. */
export type Calls = Readonly<Record<string, (input: never) => unknown>>;

export interface Child<Named extends Calls> {
  call<Name extends keyof Named & string>(
    name: Name,
    input: Parameters<Named[Name]>[0],
  ): Promise<Awaited<ReturnType<Named[Name]>>>;
  stop(): Promise<void>;
}

/** Starts a neighbouring file in a process of its own. */
export function startChild<Named extends Calls>(file: string): Child<Named> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = fork(path, [], { serialization: "advanced", stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (reason: Error) => void }>();
  let lastId = 0;
  child.on("message", ({ id, result, error }: Reply) => {
    const call = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) call?.resolve(result as never);
    else call?.reject(new Error(`${file}: ${error}`));
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.once("exit", (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`${file} ended with code ${code}`));
  });
  return {
    call: (name, input) =>
      new Promise((resolve, reject) => {
        const id = ++lastId;
        waiting.set(id, { resolve, reject });
        child.send({ id, name, input } satisfies Question);
      }),
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

/** The far side: answers the parent's calls, and ends with it. */
export function serve(calls: Calls): void {
  process.on("message", async ({ id, name, input }: Question) => {
    try {
      const call = calls[name] as ((input: unknown) => unknown) | undefined;
      process.send?.({ id, result: await call?.(input) } satisfies Reply);
    } catch (error) {
      process.send?.({ id, error: String(error) } satisfies Reply);
    }
  });
  process.on("disconnect", () => process.exit(0));
}
