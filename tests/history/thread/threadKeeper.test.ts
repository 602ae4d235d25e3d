// The past in a thread of its own: what is asked reflects what was handed over, what waits is bounded, and a thread that fails
// or dies is heard of and holds up nobody.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeStep } from '../../../src/codec/stepCodec.ts';
import { created, EntityType } from '../../../src/domain/changeLogEntry.ts';
import type { HistoryMessage } from '../../../src/history/historyKeeper.ts';
import { HistoryFormatError, HistoryWriteError } from '../../../src/history/historyStore.ts';
import { HistoryFile } from '../../../src/history/lmdb/historyFile.ts';
import { openHistory } from '../../../src/history/openHistory.ts';
import { HistoryQueryError } from '../../../src/history/remote/messages.ts';
import { HistoryThreadError } from '../../../src/history/thread/messages.ts';
import { threadFile } from '../../../src/history/thread/threadFile.ts';
import { ThreadKeeper } from '../../../src/history/thread/threadKeeper.ts';
import { HistoryFeed, newOrder } from '../../conformance/historyFeed.ts';
import { historyCalls } from '../../conformance/historyQuestions.ts';
import { NaiveHistory } from '../../conformance/naiveHistory.ts';
import { expectSameOverTheBus } from '../remote/remoteParties.ts';
import { randomOf } from '../writerFeed.ts';

const MARKETS = 'markets-0';
const FULL_DISK = new URL('./fullDiskThread.js', import.meta.url);
const LOST_COMMIT = new URL('./lostCommitThread.js', import.meta.url);
const STUCK = new URL('./stuckThread.js', import.meta.url);

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sedax-history-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A message with that many orders, the first of them with ids from `sequence` thousands on. */
function placed(sequence: number, orders = 1): HistoryMessage {
  const entries = Array.from({ length: orders }, (_, i) => {
    const orderId = sequence * 1000 + i;
    return created(EntityType.SpotOrder, orderId, newOrder({ orderId, createdUs: orderId, updateUs: orderId }), 0);
  });
  return { sequence, payload: encodeStep(entries) };
}

describe('what is asked', () => {
  it('reflects what was taken before, whether it fits a chunk, fills many, or is larger than one', async () => {
    const keeper = await ThreadKeeper.open({ dir, fsync: false });
    let sequence = 0;
    for (const orders of [1, 900, 1, 9000, 1]) {
      await keeper.take(MARKETS, [placed(++sequence, orders)]);
      const last = sequence * 1000 + orders - 1;
      const [order, open] = await Promise.all([keeper.queries.order(1000, last), keeper.queries.openOrders(1000)]);
      expect(order?.orderId).toBe(last);
      expect(open.at(-1)?.orderId).toBe(last);
      sequence += 10;
    }
    // Many at once, and none of it awaited.
    const many = Array.from({ length: 3000 }, (_, i) => placed(sequence + 1 + i));
    const taken = keeper.take(MARKETS, many);
    await taken;
    expect((await keeper.queries.order(1000, (sequence + 3000) * 1000))?.orderId).toBe((sequence + 3000) * 1000);
    await keeper.close();
  });

  it('is answered as the store here would, over restarts', async () => {
    const feed = new HistoryFeed();
    const oracle = new NaiveHistory();
    const random = randomOf(7);
    let fed = 0;
    for (let life = 0; life < 3; life++) {
      const keeper = await ThreadKeeper.open({ dir, fsync: false, journalBytes: 16 * 1024, segmentBytes: 4 * 1024 });
      for (let i = 0; i < 150; i++) feed.doRandom(random);
      for (; fed < feed.messages.length; fed++) {
        const { stream, sequence, entries } = feed.messages[fed]!;
        oracle.apply(stream, sequence, encodeStep(entries));
        await keeper.take(stream, [{ sequence, payload: encodeStep(entries) }]);
        if (fed % 40 === 0) await keeper.flush();
      }
      const { orderIds, listIds, nowUs, times } = feed;
      await expectSameOverTheBus(oracle, keeper.queries, historyCalls({ orderIds, listIds, nowUs, times, random }));
      await keeper.close();
      await oracle.flush();
    }
  });

  it('may fail alone', async () => {
    const keeper = await ThreadKeeper.open({ dir, fsync: false });
    await keeper.take(MARKETS, [placed(1)]);
    const [order, wrong] = await Promise.allSettled([
      keeper.queries.order(1000, 1000),
      keeper.queries.orders(1000, 'BTCUSDT', { limit: 0 }),
    ]);
    // They travelled together, and the thread understands none of it.
    expect(wrong).toMatchObject({ status: 'rejected', reason: expect.any(HistoryQueryError) });
    expect(order.status).toBe('rejected');
    expect((await keeper.queries.order(1000, 1000))?.orderId).toBe(1000);
    await keeper.close();
  });
});

describe('what is kept', () => {
  it('is committed within a moment, and positions say so', async () => {
    const keeper = await ThreadKeeper.open({ dir });
    await keeper.take(MARKETS, [placed(1), placed(2)]);
    await keeper.takenIn();
    expect(keeper.position(MARKETS)).toBe(0);
    await expect.poll(() => keeper.position(MARKETS)).toBe(2);
    await keeper.close();
  });

  it('is committed by close, and where it was closed the next one goes on', async () => {
    const keeper = await ThreadKeeper.open({ dir });
    await keeper.take(MARKETS, [placed(1), placed(2)]);
    await keeper.close();
    expect(keeper.position(MARKETS)).toBe(2);
    expect(() => keeper.take(MARKETS, [placed(3)])).toThrow(HistoryThreadError);
    await expect(keeper.queries.order(1000, 1000)).rejects.toThrow(HistoryThreadError);
    const store = openHistory({ dir });
    expect(store.position(MARKETS)).toBe(2);
    expect(store.order(1000, 2000)?.orderId).toBe(2000);
    await store.close();
    const again = await ThreadKeeper.open({ dir });
    expect(again.position(MARKETS)).toBe(2);
    await again.close();
  });
});

describe('what the thread does not take in', () => {
  it('is bounded: then the log is read no further', async () => {
    const keeper = await ThreadKeeper.open({ dir, file: STUCK });
    expect(keeper.position(MARKETS)).toBe(7);
    const large = { sequence: 1, payload: new Uint8Array(200_000) };
    let bytes = 0;
    let full = keeper.take(MARKETS, []);
    while (full === undefined && bytes < 2 ** 26) {
      full = keeper.take(MARKETS, [large]);
      bytes += large.payload.length;
    }
    expect(bytes).toBeGreaterThan(3 * 2 ** 20);
    expect(bytes).toBeLessThan(6 * 2 ** 20);
    let resolved = false;
    void full?.then(
      () => {
        resolved = true;
      },
      () => undefined,
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(resolved).toBe(false);
    const waiting = [full, keeper.takenIn(), keeper.flush(), keeper.queries.order(1, 1)];
    const closed = keeper.close();
    for (const one of await Promise.allSettled(waiting)) expect(one).toMatchObject({ reason: expect.any(HistoryThreadError) });
    await closed;
  });

  it('goes on when there is room again', async () => {
    const keeper = await ThreadKeeper.open({ dir, fsync: false });
    let waits = 0;
    for (let sequence = 1; sequence <= 60; sequence++) {
      const taken = keeper.take(MARKETS, [placed(sequence, 1000)]);
      if (taken !== undefined) waits++;
      await taken;
    }
    expect(waits).toBeGreaterThan(0);
    await keeper.takenIn();
    expect((await keeper.queries.order(1000, 60_999))?.orderId).toBe(60_999);
    await keeper.close();
  });
});

describe('a failure', () => {
  const heard: Error[] = [];
  beforeEach(() => {
    heard.length = 0;
  });
  const listener = { onFailure: (error: Error) => void heard.push(error) };

  it.each([
    ['that ends the thread', 'exit', /^the history's thread ended with code 3$/],
    ['that it throws', 'throw', /^the history's thread failed: out of its mind$/],
  ])('%s is heard of once, and nobody waits for it', async (_, stream, message) => {
    const keeper = await ThreadKeeper.open({ dir, file: STUCK });
    keeper.listen(listener);
    const waiting = [keeper.take(stream, [placed(1)]), keeper.takenIn(), keeper.flush(), keeper.queries.order(1, 1)].slice(1);
    for (const one of await Promise.allSettled(waiting)) {
      expect(one).toMatchObject({ status: 'rejected', reason: expect.objectContaining({ message: expect.stringMatching(message) }) });
    }
    expect(heard.map((error) => [error.name, error.message])).toEqual([['HistoryThreadError', expect.stringMatching(message)]]);
    expect(() => keeper.take(MARKETS, [placed(1)])).toThrow(message);
    await keeper.close();
    const late: Error[] = [];
    keeper.listen({ onFailure: (error) => void late.push(error) });
    expect(late).toEqual(heard);
  });

  it('to take something in stops the thread, and what was committed stays', async () => {
    const keeper = await ThreadKeeper.open({ dir });
    keeper.listen(listener);
    await keeper.take(MARKETS, [placed(1)]);
    await keeper.flush();
    await keeper.take(MARKETS, [placed(2), { sequence: 3, payload: new Uint8Array([1, 2, 3]) }]);
    await expect(keeper.takenIn()).rejects.toThrow(/CodecError: /);
    expect(heard).toEqual([expect.objectContaining({ name: 'HistoryThreadError', message: expect.stringContaining('CodecError: ') })]);
    expect((heard[0]!.cause as Error).stack).toContain('StepCursor');
    await keeper.close();
    const store = openHistory({ dir });
    expect(store.position(MARKETS)).toBeGreaterThanOrEqual(1);
    expect(store.position(MARKETS)).toBeLessThan(3);
    await store.close();
  });

  it('to commit is the HistoryWriteError it is', async () => {
    const keeper = await ThreadKeeper.open({ dir, file: FULL_DISK });
    keeper.listen(listener);
    await keeper.take(MARKETS, [placed(1)]);
    await keeper.flush();
    await keeper.take(MARKETS, [placed(2)]);
    await expect(keeper.flush()).rejects.toThrow(new HistoryWriteError('no space left'));
    expect(heard).toEqual([expect.any(HistoryWriteError)]);
    expect(keeper.position(MARKETS)).toBe(1);
    await expect(keeper.queries.order(1000, 1000)).rejects.toBeInstanceOf(HistoryWriteError);
    await keeper.close();
  });

  it('of the last commit is what close fails with', async () => {
    const keeper = await ThreadKeeper.open({ dir, file: FULL_DISK });
    await keeper.take(MARKETS, [placed(1)]);
    await keeper.flush();
    await keeper.take(MARKETS, [placed(2)]);
    await expect(keeper.close()).rejects.toBeInstanceOf(HistoryWriteError);
  });

  it('that lmdb-js told nobody of is told with its reason', async () => {
    const keeper = await ThreadKeeper.open({ dir, file: LOST_COMMIT });
    keeper.listen(listener);
    await expect.poll(() => heard).toEqual([new HistoryWriteError('history could not be committed: No space left on device')]);
    expect(heard[0]).toBeInstanceOf(HistoryWriteError);
    await expect(keeper.queries.order(1000, 1000)).rejects.toBeInstanceOf(HistoryWriteError);
    await keeper.close().catch(() => undefined);
  });

  it('to open is what opening here fails with', async () => {
    const file = new HistoryFile({ dir });
    file.putMeta('format', 99);
    await file.committed();
    await file.close();
    await expect(ThreadKeeper.open({ dir })).rejects.toBeInstanceOf(HistoryFormatError);
  });
});

describe('the code of the thread', () => {
  it('is that of the build where this is sources', () => {
    expect(threadFile().pathname).toMatch(/\/dist\/history\/thread\/historyThread\.js$/);
    expect(() => threadFile('file:///nowhere/src/history/thread/threadFile.ts')).toThrow(/npm run build/);
    expect(() => threadFile('file:///nowhere/dist/history/thread/threadFile.js')).toThrow(/dist\/history\/thread\/historyThread\.js/);
  });

  it('of another version says that it is', async () => {
    const worker = new Worker(threadFile(), { workerData: { protocol: 0, store: { dir } } });
    const first = await new Promise((resolve) => worker.once('message', resolve));
    expect(first).toMatchObject({ kind: 'failed', error: { message: expect.stringContaining('npm run build') } });
    await worker.terminate();
  });
});
