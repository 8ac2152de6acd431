/**
 * Settings of every function that the hot path calls. A plan is made once for each connection, whatever the tables
 * held at that moment: it must go by the indexes even when they were empty then, and join in the order that is written.
 * That order settles what belongs together, not what is looked up in what: to a planner that has seen a table empty, all
 * of it is nearer than ten looks into its index. So what is looked up stands in a `LATERAL … OFFSET 0`, which is asked
 * for one row at a time, and what is changed is found by its place, `ctid`.
 */
export const SETTINGS = `
  SET plan_cache_mode = force_generic_plan SET jit = off SET max_parallel_workers_per_gather = 0
  SET join_collapse_limit = 1 SET enable_material = off
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_bitmapscan = off`;
