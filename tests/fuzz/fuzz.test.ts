// The fast part of `npm run fuzz`: some inputs for every parser, others each time. The seed is in the test's name.
import { describe, expect, test } from 'vitest';
import { fuzz } from './fuzzRun.ts';
import { inputOf } from './mutate.ts';
import { FUZZ_TARGETS } from './targets/index.ts';

const INPUTS = Number(process.env.FUZZ_INPUTS ?? 2000);
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000);
/** The slower ones get fewer. */
const SLOW = /^(http|config)/;

describe(`npm run fuzz, seed ${SEED}`, () => {
  test.each(FUZZ_TARGETS.map((target) => [target.name, target] as const))('%s', async (name, target) => {
    const inputs = SLOW.test(name) ? Math.ceil(INPUTS / 4) : INPUTS;
    const { failure, accepted, refused } = await fuzz(target, { inputs, seed: SEED });
    const again = `npm run fuzz -- --parser ${name} --seed ${SEED} --from ${failure?.index} --inputs 1`;
    expect(
      failure && `${failure.kind}: ${failure.problem}\n${again}\nshrunk: ${JSON.stringify(failure.input.toString('latin1'))}`,
    ).toBeUndefined();
    // Neither a wall nor an open door: then it would find nothing.
    expect(accepted).toBeGreaterThan(inputs / 100);
    expect([...refused.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(inputs / 10);
  });
});

test('an input follows from seed and index alone', () => {
  for (const target of FUZZ_TARGETS) {
    for (const index of [0, 7, 999]) expect(inputOf(target, 5, index).equals(inputOf(target, 5, index))).toBe(true);
  }
});

test('what a parser must not do is found and shrunk', async () => {
  const seeds = [Buffer.from('{"a":"bcd","e":[1,2,3]}')];
  const run = (parse: (text: string) => string, state?: () => string): ReturnType<typeof fuzz> =>
    fuzz(
      { name: 'planted', form: 'json', seeds, open: () => ({ run: (input) => parse(input.toString()), ...(state && { state }) }) },
      { inputs: 5000, seed: 3 },
    );
  const crash = await run((text) => {
    if (text.includes('__proto__')) throw new TypeError('planted');
    return 'refused';
  });
  expect(crash.failure).toMatchObject({ kind: 'crash', input: Buffer.from('__proto__') });
  let changes = 0;
  const change = await run(
    (text) => {
      if (text.includes('NaN')) changes++;
      return 'refused';
    },
    () => String(changes),
  );
  expect(change.failure).toMatchObject({ kind: 'state change', input: Buffer.from('NaN') });
});
