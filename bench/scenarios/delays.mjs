/**
 * How long each took from when it was due, in ms; infinity for what never came, so that it counts among the latest.
 * @param {ArrayLike<number>} dueAt in µs @param {ArrayLike<number>} doneAt in µs, 0: not yet
 */
export const delaysMs = (dueAt, doneAt) =>
  Array.from(dueAt, (due, index) =>
    doneAt[index] === 0 ? Number.POSITIVE_INFINITY : (doneAt[index] - due) / 1000,
  );
