// Times a function over rounds and keeps the best one: what the machine can do, not what else it was doing.

export interface Measurement {
  readonly name: string;
  readonly perSecond: number;
  readonly nsEach: number;
}

/** `work` handles `count` things a call. Collected before each round, so that one does not pay for another's garbage. */
export function measure(name: string, count: number, calls: number, work: () => void, rounds = 5): Measurement {
  for (let i = 0; i < Math.min(calls, 2000); i++) work();
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    globalThis.gc?.();
    const start = process.hrtime.bigint();
    for (let i = 0; i < calls; i++) work();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / (calls * count));
  }
  return { name, perSecond: Math.round(1e9 / best), nsEach: Math.round(best) };
}

export function printMeasurements(rows: readonly Measurement[]): void {
  const number = new Intl.NumberFormat('en-US');
  for (const row of rows) {
    process.stdout.write(`${row.name.padEnd(44)} ${number.format(row.perSecond).padStart(12)}/s ${row.nsEach} ns\n`);
  }
}
