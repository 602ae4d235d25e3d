// What the tests of the remote history share: a store's progress that a test moves, and the comparison with the local store.
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { HistoryReads } from '../../../src/history/historyStore.ts';
import { localHistory } from '../../../src/history/localHistory.ts';
import type { HistoryProgress } from '../../../src/history/remote/historyServer.ts';
import type { HistoryQueries } from '../../../src/ports/historyQueries.ts';
import type { HistoryCall } from '../../conformance/historyQuestions.ts';

export class ManualProgress implements HistoryProgress {
  readonly positions = new Map<string, number>();
  #waiters: { readonly stream: string; readonly sequence: number; readonly resolve: () => void }[] = [];

  reach(stream: string, sequence: number): void {
    this.positions.set(stream, sequence);
    const reached = this.#waiters.filter((waiter) => waiter.stream === stream && waiter.sequence <= sequence);
    this.#waiters = this.#waiters.filter((waiter) => !reached.includes(waiter));
    for (const { resolve } of reached) resolve();
  }

  whenConsumed(stream: string, sequence: number): Promise<void> {
    if (sequence <= (this.positions.get(stream) ?? 0)) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ stream, sequence, resolve }));
  }
}

type AnyQuery = (...args: unknown[]) => Promise<unknown>;

/** Every call with the same answer, or the same failure, from both. */
export async function expectSameOverTheBus(local: HistoryReads, remote: HistoryQueries, calls: readonly HistoryCall[]): Promise<void> {
  const near = localHistory(local);
  // A few hundred at a time: they travel together.
  for (let at = 0; at < calls.length; at += 300) {
    const some = calls.slice(at, at + 300);
    const asked = some.map(({ query, args }) => (remote[query] as AnyQuery).apply(remote, [...args]));
    const expected = await Promise.all(some.map(({ query, args }) => (near[query] as AnyQuery)(...args)));
    for (const [i, answer] of (await Promise.all(asked)).entries()) {
      const { query, args } = some[i] as HistoryCall;
      // expect() is slow, and there are thousands of questions.
      if (!isDeepStrictEqual(answer, expected[i])) expect(answer, `${query} ${JSON.stringify(args)}`).toStrictEqual(expected[i]);
    }
  }
}
