// The passing of time as the edge's sockets see it, injected so that tests need not wait.

/** Calls `tick` every `everyMs`; returns the stop. Must not keep the process alive. */
export type StartTicker = (everyMs: number, tick: () => void) => () => void;

export const startIntervalTicker: StartTicker = (everyMs, tick) => {
  const timer = setInterval(tick, everyMs);
  timer.unref();
  return () => clearInterval(timer);
};
