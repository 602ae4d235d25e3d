// A failing script made small: steps and faults are left out while the same invariant still breaks.
import type { Invariant } from './invariants.ts';
import { calmNetwork } from './network.ts';
import type { Script, Step } from './script.ts';
import { runScript } from './simulation.ts';

export interface Shrunk {
  readonly script: Script;
  readonly runs: number;
}

/** Ends after so many runs with what it has. */
export async function shrink(script: Script, invariant: Invariant, runsMax = 400): Promise<Shrunk> {
  let runs = 0;
  let best = script;
  const stillFails = async (candidate: Script): Promise<boolean> => {
    if (runs >= runsMax) return false;
    runs++;
    const { failure } = await runScript(candidate);
    if (failure?.invariant !== invariant) return false;
    best = candidate;
    return true;
  };
  await stillFails({ ...best, world: { ...best.world, network: calmNetwork() } });
  await stillFails({ ...best, world: { ...best.world, snapshotEverySteps: 0 } });
  await stillFails({ ...best, steps: best.steps.filter((step) => step.do === 'trade') });
  // Ever smaller pieces are left out; what is left out first may be the tail, which does nothing any more.
  for (let size = Math.ceil(best.steps.length / 2); size >= 1 && runs < runsMax; size = Math.floor(size / 2)) {
    for (let from = best.steps.length - size; from > -size && runs < runsMax; from -= size) {
      const start = Math.max(0, from);
      await stillFails({ ...best, steps: without(best.steps, start, from + size) });
    }
  }
  for (const change of [{ processes: 1 }, { marketPartitions: 1 }, { accountPartitions: 1 }, { symbols: 1 }]) {
    await stillFails({ ...best, world: { ...best.world, ...change } });
  }
  return { script: best, runs };
}

/** Time goes on as before: what is left out adds its wait to the next step. */
function without(steps: readonly Step[], from: number, to: number): Step[] {
  const left = steps.slice(from, to).reduce((sum, { waitUs }) => sum + waitUs, 0);
  return steps.flatMap((step, i) => {
    if (i >= from && i < to) return [];
    return i === to ? [{ ...step, waitUs: step.waitUs + left }] : [step];
  });
}
