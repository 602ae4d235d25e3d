// The store against the oracle: random entries, commits at random moments, reopened at random moments (also as a crash
// leaves it: what was not committed is gone and is fed again), with a journal so small that rows move all the time.

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeStep } from '../../src/codec/stepCodec.ts';
import { LmdbHistoryStore } from '../../src/history/lmdb/lmdbHistoryStore.ts';
import { HistoryFeed } from '../conformance/historyFeed.ts';
import { expectSameAnswers } from '../conformance/historyQuestions.ts';
import { type FedMessage, NaiveHistory } from '../conformance/naiveHistory.ts';
import { randomOf } from './writerFeed.ts';

const dirs: string[] = [];
const newDir = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'sedax-history-'));
  dirs.push(dir);
  return dir;
};
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

const action = fc.record({
  what: fc.nat({ max: 99 }),
  x: fc.nat({ max: 2 ** 30 }),
  y: fc.nat({ max: 2 ** 30 }),
  z: fc.nat({ max: 2 ** 30 }),
  /** What happens behind it: 0 flush, 1 flush without waiting, 2 reopen, 3 crash and reopen, else nothing. */
  afterwards: fc.nat({ max: 20 }),
});

describe('LmdbHistoryStore', () => {
  it('answers as the oracle does, whatever it is fed and however often it starts again', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { minLength: 1, maxLength: 250, size: 'max' }),
        fc.integer(),
        fc.constantFrom(256, 2048, 100_000),
        async (actions, seed, segmentBytes) => {
          const feed = new HistoryFeed();
          const oracle = new NaiveHistory();
          const random = randomOf(seed);
          const options = { segmentBytes, journalBytes: 4 * segmentBytes, mapSizeBytes: 64 * 2 ** 20, fsync: false };
          let dir = newDir();
          let store = new LmdbHistoryStore({ dir, ...options });
          let fed = 0;
          const feedRest = (): void => {
            for (; fed < feed.messages.length; fed++) {
              const { stream, sequence, entries } = feed.messages[fed] as FedMessage;
              store.apply(stream, sequence, encodeStep(entries));
              oracle.apply(stream, sequence, encodeStep(entries));
            }
          };
          const check = (): void => {
            const { orderIds, listIds, nowUs, times } = feed;
            expectSameAnswers(oracle, store, { orderIds, listIds, nowUs, times, random });
          };
          for (const { afterwards, ...one } of actions) {
            feed.do(one);
            feedRest();
            if (afterwards === 0) await store.flush();
            if (afterwards === 1) void store.flush();
            if (afterwards === 2) {
              await store.close();
              store = new LmdbHistoryStore({ dir, ...options });
            }
            if (afterwards === 3) {
              await store.flush();
              const lost = newDir();
              cpSync(dir, lost, { recursive: true });
              feed.do({ ...one, what: one.what + 7 });
              feedRest();
              await store.close();
              dir = lost;
              store = new LmdbHistoryStore({ dir, ...options });
              // Everything again, as a log is read from its start: what is committed is passed over.
              for (const { stream, sequence, entries } of feed.messages) {
                if (sequence <= store.position(stream) - 2) continue;
                store.apply(stream, sequence, encodeStep(entries));
              }
            }
          }
          check();
          await store.flush();
          check();
          await store.close();
          store = new LmdbHistoryStore({ dir, ...options });
          check();
          const last = new Map(feed.messages.map(({ stream, sequence }) => [stream, sequence]));
          for (const [stream, sequence] of last) expect(store.position(stream)).toBe(sequence);
          await store.close();
        },
      ),
      { numRuns: Number(process.env.SEDAX_PROPERTY_RUNS ?? 20), interruptAfterTimeLimit: 3_600_000 },
    );
  }, 3_600_000);
});
