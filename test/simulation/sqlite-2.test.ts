import { embeddedRuns } from "./cases.ts";

embeddedRuns(2);
