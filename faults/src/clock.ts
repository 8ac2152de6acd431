/**
 * Loaded before the hub (`node --import`): moves its wall clock by what a file says, in milliseconds, while it runs.
 * The steady clocks and the timers go on as they do when a real machine's clock is set.
 */
import { readFileSync } from "node:fs";

const LOOK_MS = 10;
const path = process.env.FAULTS_CLOCK_FILE ?? "";
const real = Date.now;
let offsetMs = 0;

const look = (): void => {
  offsetMs = Number(readFileSync(path, "utf8"));
};

look();
setInterval(look, LOOK_MS).unref();
Date.now = () => real() + offsetMs;
