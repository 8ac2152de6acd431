import { storeConformance } from "../conformance.ts";
import { databaseOf } from "./database.fixture.ts";

storeConformance("PostgreSQL", () => databaseOf());
