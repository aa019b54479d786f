/** npm passes a signal on that the terminal has already given to everybody. */
const SAME_SIGNAL_MS = 1_000;
const PARENT_POLL_MS = 1_000;

export interface EndHandlers {
  first(why: string): void;
  /** Asked once more while the end is under way. */
  again(): void;
}

/** Calls `first` on SIGINT, SIGTERM, SIGHUP, or when npm, which started us, is gone. */
export function onEndRequested(handlers: EndHandlers): void {
  let askedAt: number | undefined;
  const ask = (why: string) => {
    const isFirst = askedAt === undefined;
    if (askedAt !== undefined && Date.now() - askedAt <= SAME_SIGNAL_MS) return;
    askedAt = Date.now();
    if (isFirst) handlers.first(why);
    else handlers.again();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ask(signal));
  if (process.env['npm_lifecycle_event'] !== undefined) watchParent(() => ask('npm is gone'));
}

/** A killed npm (or its shell) tells nobody. */
function watchParent(onLost: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onLost();
  }, PARENT_POLL_MS);
  timer.unref();
}
