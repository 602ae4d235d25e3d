// What cannot be taken in or committed stops the store: half of anything is never committed.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { encodeStep } from '../../src/codec/stepCodec.ts';
import { created, EntityType } from '../../src/domain/changeLogEntry.ts';
import { HistoryFormatError, HistoryWriteError } from '../../src/history/historyStore.ts';
import { HistoryFile } from '../../src/history/lmdb/historyFile.ts';
import { clearHistory, openHistory } from '../../src/history/openHistory.ts';
import { newOrder } from '../conformance/historyFeed.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sedax-history-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const message = (sequence: number) =>
  Array.from({ length: 50 }, (_, i) => {
    const orderId = sequence * 50 + i;
    return created(EntityType.SpotOrder, orderId, newOrder({ orderId, status: i % 2 === 0 ? 3 : 1 }), 0);
  });

it('takes in nothing after a failed commit, but still answers', async () => {
  const store = openHistory({ dir, fsync: false, journalBytes: 16 * 1024, segmentBytes: 4 * 1024 });
  for (let sequence = 1; sequence <= 8; sequence++) {
    store.apply('markets-0', sequence, encodeStep(message(sequence)));
    if (sequence < 8) await store.flush();
  }
  // The storage says no: as it does when the disk is full.
  const committed = HistoryFile.prototype.committed;
  HistoryFile.prototype.committed = () => Promise.reject(new HistoryWriteError('no space left'));
  try {
    await expect(store.flush()).rejects.toThrow('no space left');
  } finally {
    HistoryFile.prototype.committed = committed;
  }
  expect(store.position('markets-0')).toBe(7);
  expect(store.orders(1000, 'BTCUSDT', { limit: 1e6 }).length).toBe(8 * 50);
  expect(store.openOrders(1000).length).toBe(8 * 25);
  expect(() => store.apply('markets-0', 9, encodeStep(message(9)))).toThrow(HistoryWriteError);
  await expect(store.flush()).rejects.toBeInstanceOf(HistoryWriteError);
  await store.close();
});

it('stops at a message it cannot take in, and commits nothing of it', async () => {
  const store = openHistory({ dir, fsync: false });
  store.apply('markets-0', 1, encodeStep(message(1)));
  await store.flush();
  const bad = { ...newOrder({ orderId: 999 }), priceTicks: -1, status: 3 as const };
  expect(() => store.apply('markets-0', 2, encodeStep([...message(2), created(EntityType.SpotOrder, 999, bad, 0)]))).toThrow();
  expect(() => store.apply('markets-0', 2, encodeStep(message(2)))).toThrow(HistoryWriteError);
  await expect(store.flush()).rejects.toBeInstanceOf(HistoryWriteError);
  await store.close();
  const again = openHistory({ dir, fsync: false });
  expect(again.position('markets-0')).toBe(1);
  expect(again.orders(1000, 'BTCUSDT', { limit: 1e6 }).length).toBe(50);
  await again.close();
});

it('refuses a format it does not know, and starts over when cleared', async () => {
  const file = new HistoryFile({ dir });
  file.putMeta('format', 99);
  await file.committed();
  await file.close();
  expect(() => openHistory({ dir })).toThrow(HistoryFormatError);
  clearHistory(dir);
  const store = openHistory({ dir });
  store.apply('markets-0', 1, encodeStep(message(1)));
  await store.close();
});
