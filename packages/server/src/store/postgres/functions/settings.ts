/**
 * Settings of every function that the hot path calls. A plan is made once for each connection, whatever the tables
 * held at that moment: it must go by the indexes even when they were empty then.
 */
export const SETTINGS = `
  SET plan_cache_mode = force_generic_plan SET jit = off
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_bitmapscan = off`;
