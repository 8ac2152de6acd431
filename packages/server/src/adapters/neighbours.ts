import { lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NeighbourListener, Neighbours, Word } from "../engine/neighbours.ts";
import { Frames, frame } from "./frames.ts";

/** Of what is said and how: processes that say it otherwise do not meet. */
const FORM = "1";
/** Of this machine, and of this user. */
export const NEIGHBOURS_FOLDER = join(tmpdir(), `ticketrail-${process.getuid?.() ?? "me"}`);
/** Nobody answers yet at a socket that is being opened. */
const YOUNG_MS = 60_000;
const NOBODY: NeighbourListener = { heard: () => undefined, lost: () => undefined };
/** One that has not read so much of what it was told is told no more for now. */
const BEHIND_BYTES = 8 << 20;

/**
 * A Unix socket a process, named by its id, in a folder that nobody else may enter. What comes over one is believed: who
 * can write there could as well read this process's memory. `onTrouble` is told once why others cannot come.
 */
export function neighboursIn(folder: string, onTrouble: (reason: string) => void): Neighbours {
  return new SocketNeighbours(folder, onTrouble);
}

class SocketNeighbours implements Neighbours {
  readonly #folder: string;
  readonly #onTrouble: (reason: string) => void;
  #listener: NeighbourListener = NOBODY;
  #server: Server | null = null;
  readonly #met = new Map<string, Socket>();
  readonly #reached = new Set<string>();
  readonly #guests = new Set<Socket>();
  #closed = false;

  constructor(folder: string, onTrouble: (reason: string) => void) {
    this.#folder = folder;
    this.#onTrouble = onTrouble;
  }

  listen(listener: NeighbourListener): void {
    this.#listener = listener;
  }

  async open(process: string): Promise<void> {
    try {
      ownFolder(this.#folder);
      this.#removeDead();
      await this.#serve(this.#pathOf(process));
    } catch (error) {
      this.#onTrouble((error as Error).message);
    }
  }

  async #serve(path: string): Promise<void> {
    const server = createServer((socket) => {
      this.#guests.add(socket);
      socket.once("close", () => this.#guests.delete(socket));
      this.#read(socket, null);
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(path, resolve);
    });
    // One that cannot be taken in now (no descriptor is left) comes again.
    server.on("error", () => undefined);
    server.unref();
    this.#server = server;
    if (this.#closed) server.close();
  }

  #pathOf(process: string): string {
    return join(this.#folder, `${process}.${FORM}`);
  }

  /** What a process leaves that was killed: nobody answers there. */
  #removeDead(): void {
    for (const name of readdirSync(this.#folder)) {
      const path = join(this.#folder, name);
      const socket = connect(path, () => socket.destroy());
      socket.unref();
      socket.once("error", (error: NodeJS.ErrnoException) => {
        const isOld = () =>
          Date.now() - (lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > YOUNG_MS;
        if (error.code === "ECONNREFUSED" && isOld()) rmSync(path, { force: true });
      });
    }
  }

  meet(processes: readonly string[]): void {
    if (this.#closed) return;
    const wanted = new Set(processes);
    for (const [process, socket] of this.#met) if (!wanted.has(process)) socket.destroy();
    for (const process of wanted) if (!this.#met.has(process)) this.#meet(process);
  }

  #meet(process: string): void {
    const socket = connect(this.#pathOf(process));
    this.#met.set(process, socket);
    socket.once("connect", () => this.#reached.add(process));
    socket.once("close", () => {
      this.#met.delete(process);
      if (this.#reached.delete(process)) this.#listener.lost(process);
    });
    this.#read(socket, process);
  }

  #read(socket: Socket, process: string | null): void {
    const frames = new Frames();
    // It keeps no process alive, and its end is all that is known of its errors.
    socket.unref();
    socket.on("error", () => undefined);
    socket.on("data", (piece) => {
      let words: unknown[];
      try {
        words = frames.push(piece);
      } catch {
        socket.destroy();
        return;
      }
      for (const word of words) this.#listener.heard(process, word as Word);
    });
  }

  reaches(process: string): boolean {
    return this.#reached.has(process) && (this.#met.get(process)?.writableLength ?? 0) < BEHIND_BYTES;
  }

  tell(process: string, word: Word): void {
    const socket = this.#met.get(process);
    if (socket) write(socket, frame(word));
  }

  get guests(): number {
    return this.#guests.size;
  }

  tellGuests(word: Word): void {
    const framed = frame(word);
    for (const socket of this.#guests) write(socket, framed);
  }

  close(): void {
    this.#closed = true;
    this.#listener = NOBODY;
    this.#server?.close();
    for (const socket of [...this.#met.values(), ...this.#guests]) socket.destroy();
  }
}

function write(socket: Socket, framed: readonly Buffer[]): void {
  socket.cork();
  for (const piece of framed) socket.write(piece);
  socket.uncork();
}

/** Throws unless it is there, or can be made, and nobody else has anything to do with it. */
function ownFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o077) !== 0) {
    throw new Error(`${folder} is not this user's own folder, which nobody else may enter.`);
  }
}
