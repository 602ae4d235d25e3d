// A copy of a history taken while it is in use: as the store was at a commit, and good to go on with.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { encodeStep } from '../../src/codec/stepCodec.ts';
import { copyHistory, openHistory } from '../../src/history/openHistory.ts';
import { HistoryFeed } from '../conformance/historyFeed.ts';
import { expectSameAnswers } from '../conformance/historyQuestions.ts';
import { type FedMessage, NaiveHistory } from '../conformance/naiveHistory.ts';
import { randomOf } from './writerFeed.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sedax-history-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('holds what was committed, and goes on from there', async () => {
  const random = randomOf(7);
  const feed = new HistoryFeed();
  const [from, to] = [join(dir, 'from'), join(dir, 'deep', 'to')];
  const options = { journalBytes: 8192, segmentBytes: 2048, fsync: false };
  const source = openHistory({ dir: from, ...options });
  const oracle = new NaiveHistory();
  const apply = ({ stream, sequence, entries }: FedMessage): void => source.apply(stream, sequence, encodeStep(entries));
  for (let i = 0; i < 200; i++) feed.doRandom(random);
  feed.messages.forEach(apply);
  await source.flush();
  const committed = feed.messages.length;
  // Applied, not committed: not in the copy.
  for (let i = 0; i < 50; i++) feed.doRandom(random);
  feed.messages.slice(committed).forEach(apply);

  const copying = copyHistory(from, to);
  for (let i = 0; i < 20; i++) await source.flush();
  await copying;

  const copy = openHistory({ dir: to, ...options });
  expect(copy.position('markets-0')).toBeGreaterThan(0);
  for (const { stream, sequence, entries } of feed.messages) copy.apply(stream, sequence, encodeStep(entries));
  for (const { stream, sequence, entries } of feed.messages) oracle.apply(stream, sequence, encodeStep(entries));
  const { orderIds, listIds, nowUs, times } = feed;
  expectSameAnswers(oracle, copy, { orderIds, listIds, nowUs, times, random });
  expectSameAnswers(oracle, source, { orderIds, listIds, nowUs, times, random });
  await copy.close();
  await source.close();
});

it('says what is wrong, and touches nothing', async () => {
  await expect(copyHistory(join(dir, 'none'), join(dir, 'to'))).rejects.toThrow(/^no history in .*none$/);
  const store = openHistory({ dir: join(dir, 'from') });
  await store.close();
  mkdirSync(join(dir, 'to'));
  writeFileSync(join(dir, 'to', 'mine'), '');
  await expect(copyHistory(join(dir, 'from'), join(dir, 'to'))).rejects.toThrow(/to is not empty$/);
});
