import { storeConformance } from "../conformance.ts";
import { folderOf } from "./folder.fixture.ts";
import { openSqlite } from "./index.ts";

storeConformance("SQLite", () => folderOf((path) => openSqlite({ path })));
