/** npm passes on what the terminal has sent to every process already: signals this close together are one. */
const SAME_SIGNAL_MS = 1_000;

/** Aborted, with the signal's name as its reason, at the first SIGTERM or SIGINT; a later one ends the process at once. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  let firstAt: number | null = null;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      firstAt ??= performance.now();
      if (performance.now() - firstAt > SAME_SIGNAL_MS) process.exit(1);
      controller.abort(signal);
    });
  }
  return controller.signal;
}
