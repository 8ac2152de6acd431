import { describe } from "vitest";
import { openEmbedded } from "../stores.ts";
import { engineCases } from "./cases.ts";
import { Rig } from "./rig.ts";

describe("the engine on SQLite", () => engineCases(async () => new Rig(await openEmbedded()).start()));
