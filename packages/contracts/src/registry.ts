import type { Contract } from "./contract.ts";
import { mipos } from "./mipos/index.ts";
import { olympus } from "./olympus/index.ts";
import { ordeliya } from "./ordeliya/index.ts";
import { sela } from "./sela/index.ts";
import { standard } from "./standard/index.ts";

/** Every contract there is. A new one is a folder and a line here. */
export const CONTRACTS: readonly Contract[] = [sela, mipos, olympus, ordeliya, standard];

/** Null where no contract is called so. */
export const contractNamed = (name: string): Contract | null =>
  CONTRACTS.find((contract) => contract.name === name) ?? null;
