/** npm passes on what the terminal has sent to every process already: signals this close together are one. */
const SAME_SIGNAL_MS = 1_000;
const PARENT_LOOK_MS = 250;

export interface StopOptions {
  /** Who started it passes no signal on (npx): its end is one. */
  readonly endsWithParent: boolean;
}

/** Aborted, with the signal's name as its reason, at the first SIGTERM or SIGINT; a later one ends the process at once. */
export function stopSignal({ endsWithParent }: StopOptions): AbortSignal {
  const controller = new AbortController();
  let firstAt: number | null = null;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      firstAt ??= performance.now();
      if (performance.now() - firstAt > SAME_SIGNAL_MS) process.exit(1);
      controller.abort(signal);
    });
  }
  if (endsWithParent) {
    const parent = process.ppid;
    const look = () => process.ppid !== parent && controller.abort("the end of what started it");
    setInterval(look, PARENT_LOOK_MS).unref();
  }
  return controller.signal;
}
