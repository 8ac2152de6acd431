import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/**
 * Starts one of `children/` in a process of its own.
 * @param {string} name
 */
export function startChild(name) {
  const path = fileURLToPath(new URL(`./children/${name}.mjs`, import.meta.url));
  const child = fork(path, [], { serialization: "advanced", stdio: ["ignore", "inherit", "inherit", "ipc"] });
  let lastId = 0;
  /** @type {Map<number, {resolve: (value: any) => void, reject: (reason: Error) => void}>} */
  const waiting = new Map();
  child.on("message", (/** @type {{id: number, result?: any, error?: string}} */ message) => {
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error === undefined) call?.resolve(message.result);
    else call?.reject(new Error(`${name}: ${message.error}`));
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.once("exit", (code) => {
    for (const call of waiting.values()) call.reject(new Error(`${name} ended with code ${code}`));
    waiting.clear();
  });
  return {
    pid: /** @type {number} */ (child.pid),
    /** @param {string} call @param {any} [input] @returns {Promise<any>} */
    call(call, input = null) {
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        child.send({ id, name: call, input });
      });
    },
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
/** @typedef {ReturnType<typeof startChild>} Child */
