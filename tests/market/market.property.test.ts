// The engine against the reference: random commands of every kind. A failure prints its seed and the shortest sequence.
// MARKET_RUNS=4000 makes a night of it.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Lockstep } from './lockstep.ts';
import { randomCommand } from './randomCommands.ts';

const RUNS = Number(process.env.MARKET_RUNS ?? 25);
const TIMEOUT_MS = 60_000 + RUNS * 500;
const commands = fc.array(randomCommand, { minLength: 1, maxLength: 120, size: 'max' });

test(
  'the engine trades, rests and ends orders as the reference does',
  () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        const pair = new Lockstep();
        for (const command of sequence) pair.run(command);
      }),
      { numRuns: RUNS },
    );
  },
  TIMEOUT_MS,
);

test(
  'a market rebuilt from its log or its snapshot is the same, and goes on the same',
  () => {
    fc.assert(
      fc.property(commands, fc.integer({ min: 1, max: 30 }), (sequence, every) => {
        const pair = new Lockstep();
        sequence.forEach((command, i) => {
          pair.run(command);
          if (i % (2 * every) === 0) pair.refold();
          else if (i % every === 0) pair.restore();
        });
        pair.refold();
        pair.restore();
        expect(pair.market.openIds().length).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: RUNS },
    );
  },
  TIMEOUT_MS,
);

test(
  'a market that is read off in parts is the one it was at the beginning, whatever happens between the parts',
  () => {
    fc.assert(
      fc.property(commands, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 40 }), (sequence, rows, after) => {
        const pair = new Lockstep();
        sequence.forEach((command, i) => {
          pair.run(command);
          if (i % after === after - 1) pair.capture();
          pair.readOn(rows);
        });
        for (let i = 0; i < sequence.length * 4; i++) pair.readOn(rows);
      }),
      { numRuns: RUNS },
    );
  },
  TIMEOUT_MS,
);
