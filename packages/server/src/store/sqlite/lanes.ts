import type { Beat, StoreDriver } from "../driver.ts";
import type { Db } from "./db.ts";

type Input<Name extends "beat" | "holdLanes" | "releaseLanes"> = Parameters<StoreDriver[Name]>[0];

export function beat(db: Db, { process, until, now }: Input<"beat">): Beat {
  db.run("DELETE FROM processes WHERE until <= ? AND id <> ?", now, process);
  const isNew = db.run("UPDATE processes SET until = ?2 WHERE id = ?1", process, until) === 0;
  if (isNew) db.run("INSERT INTO processes VALUES (?1, ?2)", process, until);
  const live = db.tuples<[string]>("SELECT id FROM processes WHERE until > ? ORDER BY id", now);
  return { isNew, live: live.map(([id]) => id) };
}

export const liveProcesses = (db: Db, now: number): readonly string[] =>
  db.tuples<[string]>("SELECT id FROM processes WHERE until > ? ORDER BY id", now).map(([id]) => id);

export const leave = (db: Db, process: string): void => {
  db.run("DELETE FROM processes WHERE id = ?", process);
};

const HOLD = `INSERT INTO lane_holds (endpoint, holder, until) SELECT num, ?2, ?3 FROM endpoints WHERE id = ?1
  ON CONFLICT (endpoint) DO UPDATE SET holder = ?2, until = ?3 WHERE holder = ?2 OR until <= ?4`;

export const holdLanes = (
  db: Db,
  { holder, until, now, endpointIds }: Input<"holdLanes">,
): readonly string[] => endpointIds.filter((id) => db.run(HOLD, id, holder, until, now) > 0);

export function releaseLanes(db: Db, { holder, endpointIds }: Input<"releaseLanes">): void {
  db.run(
    `DELETE FROM lane_holds WHERE holder = ?2 AND endpoint IN
       (SELECT num FROM endpoints WHERE id IN (SELECT value FROM json_each(?1)))`,
    JSON.stringify(endpointIds),
    holder,
  );
}

/** SQL for "nobody but that holder has it"; with a null holder nobody is asked. */
export const isFreeFor = (endpoint: string, holder: string, now: string): string =>
  `NOT EXISTS (SELECT 1 FROM lane_holds h WHERE h.endpoint = ${endpoint} AND h.holder <> ${holder} AND h.until > ${now})`;
