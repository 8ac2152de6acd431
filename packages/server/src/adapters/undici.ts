import { createRequire } from "node:module";
import type * as undici from "undici";

const require = createRequire(import.meta.url);

// undici's index loads fetch, caches and WebSockets as well, for three quarters of the time that its thread takes to start.
export const Pool: typeof undici.Pool = require("undici/lib/dispatcher/pool.js");
export const buildConnector: typeof undici.buildConnector = require("undici/lib/core/connect.js");
