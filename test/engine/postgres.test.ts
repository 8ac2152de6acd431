import { describe } from "vitest";
import { openServer } from "../stores.ts";
import { engineCases } from "./cases.ts";
import { Rig } from "./rig.ts";

describe("the engine on PostgreSQL", () => engineCases(async () => new Rig(await openServer()).start()));
