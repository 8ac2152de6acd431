import { serverRuns } from "./cases.ts";

serverRuns();
