// Short simulations, as many as a test run has time for; longer ones by `npm run simulate` (docs/reliability.md).
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { calmNetwork } from './network.ts';
import { drawScript, type Script } from './script.ts';
import { runScript } from './simulation.ts';

const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 200);
const FIRST = Number(process.env.SIMULATION_FIRST_SEED ?? 1);
const STEPS = Number(process.env.SIMULATION_STEPS ?? 60);
const REGRESSIONS = join(import.meta.dirname, 'regressions');

async function survives(script: Script): Promise<void> {
  const { failure } = await runScript(script);
  expect(failure, `npm run simulate -- --seed ${script.seed} --steps ${script.steps.length}`).toBeUndefined();
}

test('a seed gives the very same run twice', async () => {
  for (const seed of [3, 5, 8]) {
    const [one, two] = [await runScript(drawScript(seed, 120)), await runScript(drawScript(seed, 120))];
    expect(one.messages).toBeGreaterThan(20);
    expect(two.trace).toBe(one.trace);
    expect({ ...two, journal: [] }).toEqual({ ...one, journal: [] });
    expect((await runScript(drawScript(seed + 1000, 120))).trace).not.toBe(one.trace);
  }
});

test(`${SEEDS} seeds from ${FIRST} on keep every invariant`, { timeout: 600_000 }, async () => {
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) await survives(drawScript(seed, STEPS));
});

test('the embedded and the distributed exchange write the very same entries', { timeout: 300_000 }, async () => {
  let trades = 0;
  for (let seed = 1; seed <= 6; seed++) {
    const drawn = drawScript(seed, 40);
    const steps = drawn.steps.map((step) => ({ ...step, do: 'trade' as const }));
    const calm = { ...drawn.world, processes: 1, splitRoles: false, network: calmNetwork() };
    const run = (embedded: boolean) => runScript({ ...drawn, lockstep: true, steps, world: { ...calm, embedded } });
    const [embedded, distributed] = [await run(true), await run(false)];
    expect([embedded.failure, distributed.failure]).toEqual([undefined, undefined]);
    trades += embedded.trades;
    expect(distributed.entries).toBe(embedded.entries);
  }
  expect(trades).toBeGreaterThan(10);
});

describe('regressions', () => {
  for (const file of readdirSync(REGRESSIONS).filter((name) => name.endsWith('.json'))) {
    test(file.replace('.json', ''), () => survives(JSON.parse(readFileSync(join(REGRESSIONS, file), 'utf8')) as Script));
  }
});
