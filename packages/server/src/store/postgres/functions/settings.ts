/**
 * Settings of every function that the hot path calls. A plan is made once for each connection, whatever the tables
 * held at that moment: it must go by the indexes even when they were empty then, and join in the order that is written.
 */
export const SETTINGS = `
  SET plan_cache_mode = force_generic_plan SET jit = off SET max_parallel_workers_per_gather = 0
  SET join_collapse_limit = 1 SET enable_material = off
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_bitmapscan = off`;
