import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { expect, it } from 'vitest';
import { encodeStep } from '../../src/codec/stepCodec.ts';
import { created, EntityType } from '../../src/domain/changeLogEntry.ts';
import { OrderStatus } from '../../src/domain/orderStatus.ts';
import { openHistory } from '../../src/history/openHistory.ts';
import { newOrder } from '../conformance/historyFeed.ts';

const ORDERS = 4000;
/** So little memory that most rows are in runs. */
const SMALL = { fsync: false, journalBytes: 64 * 1024, segmentBytes: 8 * 1024 };

it('runs that an earlier version compressed are read', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'sedax-compressed-'));
  try {
    let store = openHistory({ dir, ...SMALL });
    for (let message = 1; message <= ORDERS / 100; message++) {
      const entries = Array.from({ length: 100 }, (_, i) => {
        const order = newOrder({ orderId: message * 100 + i, status: OrderStatus.Cancelled });
        return created(EntityType.SpotOrder, order.orderId, order, message);
      });
      store.apply('markets-0', message, encodeStep(entries));
      await store.flush();
    }
    const orders = store.orders(1000, 'BTCUSDT', { limit: ORDERS });
    expect(orders.length).toBe(ORDERS);
    await store.close();
    expect(await compressRuns(dir)).toBeGreaterThan(10);
    store = openHistory({ dir, ...SMALL });
    expect(store.orders(1000, 'BTCUSDT', { limit: ORDERS })).toEqual(orders);
    await store.close();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

/** Writes every run as it was written when runs of 1500 bytes were compressed; returns how many runs there are. */
async function compressRuns(dir: string): Promise<number> {
  const root = open<Buffer, Buffer>({ path: dir, noSubdir: false, encoding: 'binary', keyEncoding: 'binary' });
  const rows = root.openDB<Buffer, Buffer>('rows', { encoding: 'binary', keyEncoding: 'binary', compression: { threshold: 1500 } });
  const runs = [...rows.getRange()].map(({ key, value }) => ({ key: Buffer.from(key), value: Buffer.from(value) }));
  await Promise.all(runs.map(({ key, value }) => rows.put(key, value)));
  await root.close();
  return runs.length;
}
