// A round announces work before it is run, as many pieces at once as the behaviour looks ahead.
import { expect, test } from 'vitest';
import { Batch } from './batch.ts';
import type { Behaviour, RunContext } from './behaviour.ts';
import { workOf } from './child.ts';
import { Children } from './children.ts';
import type { CrashCare } from './crashCare.ts';
import { Rounds } from './rounds.ts';

type State = { readonly name: string };

/** What the behaviour was asked for, in order. Input below 0 makes its child crash. */
function scene(lookAhead: number | undefined): {
  readonly told: string[];
  readonly run: (...works: (readonly [string, number])[]) => void;
} {
  const told: string[] = [];
  const behaviour = {
    ...(lookAhead === undefined ? {} : { lookAhead }),
    create: (key: string) => ({ name: key }),
    announce: ({ name }: State, input: number) => void told.push(`announce ${name}${input}`),
    fetch: ({ name }: State) => void told.push(`fetch ${name}`),
    run: ({ name }: State, input: number, _context: RunContext) => {
      told.push(`run ${name}${input}`);
      if (input < 0) throw new Error('planted');
    },
  } as unknown as Behaviour<State, number>;
  const children = new Children(behaviour);
  const care = { crashed: () => undefined } as unknown as CrashCare<State, number>;
  const rounds = new Rounds(behaviour, children, care);
  return {
    told,
    run: (...works) => {
      const batch = new Batch<number>(1);
      for (const [key, input] of works) rounds.assign(key, workOf(input), batch);
      rounds.run(batch);
    },
  };
}

test('pieces of work are announced together, then fetched, then run', () => {
  const { told, run } = scene(3);
  run(['a', 1], ['a', 2], ['b', 3], ['a', 4], ['b', 5]);
  const first = ['announce a1', 'announce a2', 'announce b3', 'fetch a', 'fetch b', 'run a1', 'run a2', 'run b3'];
  expect(told).toEqual([...first, 'announce a4', 'announce b5', 'fetch a', 'fetch b', 'run a4', 'run b5']);
});

test('one piece of work alone is run at once, and so is everything where nobody looks ahead', () => {
  const alone = scene(3);
  alone.run(['a', 1]);
  alone.run(['a', 2], ['a', 3], ['a', 4], ['a', 5]);
  expect(alone.told.slice(0, 2)).toEqual(['run a1', 'announce a2']);
  expect(alone.told.slice(-2)).toEqual(['run a4', 'run a5']);
  const blind = scene(undefined);
  blind.run(['a', 1], ['a', 2]);
  expect(blind.told).toEqual(['run a1', 'run a2']);
});

test('a child that crashed in this round is announced nothing more', () => {
  const { told, run } = scene(2);
  run(['a', -1], ['b', 2], ['a', 3], ['b', 4]);
  expect(told.slice(4)).toEqual(['run a-1', 'run b2', 'announce b4', 'fetch b', 'run b4']);
});
