// A simulation as data: what the world is like, and what is done to it step by step. A seed draws one; a failure is kept as
// one that has only the steps that matter.
import { Random } from './random.ts';
import type { WorldConfig } from './world.ts';

export const FAULTS = [
  'kill process',
  'stop process',
  'pause process',
  'slow process',
  'cut connection',
  'hold connection',
  'expire lease',
  'power off',
  'tear commit',
  'commit fails',
  'sync fails',
  'disk full',
  'clock jump',
  'snapshot',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface Step {
  /** Microseconds after the step before. */
  readonly waitUs: number;
  readonly do: 'trade' | Fault;
  /** Everything the step draws comes from this. */
  readonly seed: number;
}

export interface Script {
  readonly seed: number;
  readonly world: WorldConfig;
  readonly steps: readonly Step[];
  /** One step at a time, each to its very end, by clocks that stand still meanwhile. */
  readonly lockstep?: boolean;
  /** Name of a planted bug. */
  readonly bug?: string;
}

export function drawScript(seed: number, steps: number, bug?: string): Script {
  const random = new Random(`script ${seed}`);
  const calm = random.chance(0.1);
  const rate = (most: number): number => (calm || random.chance(0.4) ? 0 : Math.round(random.below(1000) * most) / 1000);
  const embedded = random.chance(0.2);
  const world: WorldConfig = {
    embedded,
    splitRoles: random.chance(0.3),
    processes: embedded ? 1 : random.between(1, 3),
    accountPartitions: random.between(1, 3),
    marketPartitions: random.between(1, 2),
    symbols: random.between(1, 3),
    accounts: random.between(3, 6),
    snapshotEverySteps: random.chance(0.5) ? random.between(5, 40) : 0,
    network: { delay: rate(0.2), delayUs: 50_000, drop: rate(0.1), duplicate: rate(0.1), lostAck: rate(0.02) },
  };
  // A run has a few kinds of trouble, not all: rare combinations come up as often as common ones.
  const kinds = calm ? [] : FAULTS.filter(() => random.chance(0.35));
  const troubled = kinds.length === 0 ? 0 : random.between(1, 12) / 100;
  const list: Step[] = [];
  for (let i = 0; i < steps; i++) {
    const action = random.chance(troubled) ? random.pick(kinds) : 'trade';
    const waitUs = random.chance(0.1) ? random.below(100_000) : random.below(4_000);
    list.push({ waitUs, do: action, seed: random.next() });
  }
  return { seed, world, steps: list, ...(bug === undefined ? {} : { bug }) };
}
