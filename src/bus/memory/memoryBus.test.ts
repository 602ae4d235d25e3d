// What is particular to the bus inside one process; what every bus does is in tests/conformance/bus.ts.
import { describe, expect, test } from 'vitest';
import { readAll, texts, until } from '../../../tests/conformance/bus.ts';
import { MemoryStorage } from '../../../tests/fixtures/memoryStorage.ts';
import { OverloadedError, StorageError } from '../bus.ts';
import { MemoryBus, type MemoryBusOptions } from './memoryBus.ts';
import type { Durability } from './storage.ts';

const STREAM = 'accounts-0';
const SUBJECT = 'spot.order.acquiring.0.BTCUSDT';

async function openBus(options: MemoryBusOptions = {}): Promise<MemoryBus> {
  const bus = await MemoryBus.open(options);
  await bus.ensureStream(STREAM, ['spot.order.>']);
  return bus;
}

async function openOn(storage: MemoryStorage, durability: Durability = 'always', rest: MemoryBusOptions = {}) {
  return openBus({ ...rest, journal: { dir: '/nowhere', durability, intervalMs: 5, storage } });
}

function append(bus: MemoryBus, last: number, payload: string | Uint8Array = `m${last + 1}`, decoded?: unknown) {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  return bus.append({ stream: STREAM, subject: SUBJECT, headers: {}, payload: bytes, expectedLastSequence: last, decoded });
}

function gate(): { readonly hold: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const hold = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { hold, open };
}

describe('in memory', () => {
  test('readers get the very object the writer decoded', async () => {
    const bus = await openBus();
    const entries = [{ entityId: 1 }];
    await append(bus, 0, 'x', entries);
    const [message] = await readAll(bus.read(STREAM, { fromSequence: 1 }), 1);
    expect(message?.decoded).toBe(entries);
    await bus.close();
  });

  test('a snapshot is not the array that was put', async () => {
    const bus = await openBus();
    const data = Uint8Array.of(1, 2, 3);
    await bus.putSnapshot({ name: 's', meta: {}, data });
    data[0] = 9;
    expect([...(await bus.getSnapshot('s'))!.data]).toEqual([1, 2, 3]);
    await bus.close();
  });

  test('messages stay until they are trimmed, and memory is bounded', async () => {
    const bus = await openBus({ memoryBytesMax: 10_000 });
    const payload = new Uint8Array(1000);
    let last = 0;
    await expect(
      (async () => {
        for (;;) last = await append(bus, last, payload);
      })(),
    ).rejects.toBeInstanceOf(OverloadedError);
    expect(last).toBeGreaterThan(3);
    expect(await readAll(bus.read(STREAM, { fromSequence: 1 }), last)).toHaveLength(last);
    await expect(append(bus, last, payload)).rejects.toBeInstanceOf(OverloadedError);
    await bus.trim(STREAM, 2);
    expect(await append(bus, last, payload)).toBe(last + 1);
    expect(await bus.streamInfo(STREAM)).toMatchObject({ bytes: (last - 1) * 1000 });
    await bus.close();
  });

  test('next() is not for two callers at a time', async () => {
    const bus = await openBus();
    const reader = bus.read(STREAM, { fromSequence: 1 });
    const first = reader.next();
    await expect(reader.next()).rejects.toThrow(/still waiting/);
    reader.close();
    expect(await first).toEqual([]);
    await bus.close();
  });
});

describe('group commit', () => {
  test('what is appended while a commit runs shares the next one', async () => {
    const storage = new MemoryStorage();
    const bus = await openOn(storage);
    const before = storage.commits.length;
    const { hold, open } = gate();
    storage.hold = hold;
    const appends = [append(bus, 0)];
    await Promise.resolve();
    for (let i = 1; i < 1000; i++) appends.push(append(bus, i));
    storage.hold = undefined;
    open();
    expect(await Promise.all(appends)).toHaveLength(1000);
    expect(storage.commits.length - before).toBeLessThanOrEqual(2);
    await bus.close();
  });

  test('readers see a message when it is committed, not before', async () => {
    const storage = new MemoryStorage();
    const bus = await openOn(storage);
    const reader = bus.read(STREAM, { fromSequence: 1 });
    const { hold, open } = gate();
    storage.hold = hold;
    let seen = 0;
    const reading = reader.next().then((batch) => {
      seen = batch.length;
    });
    const appended = append(bus, 0);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(seen).toBe(0);
    expect((await bus.streamInfo(STREAM)).lastSequence).toBe(0);
    open();
    await appended;
    await reading;
    expect(seen).toBe(1);
    await bus.close();
  });

  test('without durability they see it at once', async () => {
    const storage = new MemoryStorage();
    const bus = await openOn(storage, 'none');
    const { hold, open } = gate();
    storage.hold = hold;
    expect(await append(bus, 0)).toBe(1);
    expect(texts(await readAll(bus.read(STREAM, { fromSequence: 1 }), 1))).toEqual(['m1']);
    open();
    await bus.close();
    expect(storage.tables.log.size).toBe(1);
  });

  test('what waits for the disk is bounded', async () => {
    const storage = new MemoryStorage();
    const bus = await openOn(storage, 'always', { inFlightBytesMax: 5000 });
    const { hold, open } = gate();
    storage.hold = hold;
    const payload = new Uint8Array(1000);
    const appends = Array.from({ length: 8 }, (_, i) => append(bus, i, payload));
    const results = Promise.allSettled(appends);
    open();
    expect((await results).map((result) => result.status)).toEqual([
      ...Array.from({ length: 5 }, () => 'fulfilled'),
      ...Array.from({ length: 3 }, () => 'rejected'),
    ]);
    expect(await append(bus, 5, payload)).toBe(6);
    await bus.close();
  });

  test('a message larger than the bound goes through alone', async () => {
    const bus = await openOn(new MemoryStorage(), 'always', { inFlightBytesMax: 100 });
    expect(await append(bus, 0, new Uint8Array(5000))).toBe(1);
    await bus.close();
  });

  test('interval: the disk is synced soon after a commit, and once at the end', async () => {
    const storage = new MemoryStorage();
    const bus = await openOn(storage, 'interval');
    await append(bus, 0);
    await until(() => storage.syncs === 1);
    await bus.close();
    expect(storage.syncs).toBe(2);
  });
});

describe('a failing disk', () => {
  const failure = new Error('EIO');

  test('fails the commit and everything behind it, and is not asked again', async () => {
    const storage = new MemoryStorage();
    const bus = await openOn(storage);
    await append(bus, 0);
    const { hold, open } = gate();
    storage.hold = hold;
    storage.failCommit = failure;
    const results = Promise.allSettled([append(bus, 1), append(bus, 2), bus.putSnapshot({ name: 's', meta: {}, data: Buffer.from('x') })]);
    open();
    for (const result of await results) {
      expect(result).toMatchObject({ status: 'rejected' });
      expect((result as PromiseRejectedResult).reason).toBeInstanceOf(StorageError);
    }
    storage.failCommit = undefined;
    const { length } = storage.commits;
    await expect(append(bus, 1)).rejects.toBeInstanceOf(StorageError);
    await expect(append(bus, 3)).rejects.toBeInstanceOf(StorageError);
    await expect(bus.ensureStream('x', ['x'])).rejects.toBeInstanceOf(StorageError);
    await expect(bus.acquireLease('x', 1)).rejects.toBeInstanceOf(StorageError);
    expect(storage.commits).toHaveLength(length);
    // What was acknowledged can still be read.
    expect(texts(await readAll(bus.read(STREAM, { fromSequence: 1 }), 1))).toEqual(['m1']);
    await expect(bus.close()).rejects.toBeInstanceOf(StorageError);
    expect(storage.closed).toBe(true);
  });

  test('a failed sync stops the bus', async () => {
    const storage = new MemoryStorage();
    const bus = await openOn(storage, 'interval');
    storage.failSync = failure;
    await append(bus, 0);
    await until(() => storage.syncs === 1);
    await expect(append(bus, 1)).rejects.toBeInstanceOf(StorageError);
    await expect(bus.close()).rejects.toBeInstanceOf(StorageError);
    expect(storage.syncs).toBe(1);
  });

  test('without durability the next append learns of it', async () => {
    const storage = new MemoryStorage();
    const bus = await openOn(storage, 'none');
    storage.failCommit = failure;
    expect(await append(bus, 0)).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await expect(append(bus, 1)).rejects.toBeInstanceOf(StorageError);
    await expect(bus.close()).rejects.toBeInstanceOf(StorageError);
  });
});

describe('memory with a journal', () => {
  test('holds the newest messages; a slow reader gets the older ones from the journal, and nobody waits for it', async () => {
    const storage = new MemoryStorage();
    const bus = await openOn(storage, 'always', { memoryBytesMax: 50_000 });
    const slow = bus.read(STREAM, { fromSequence: 1, maxBatch: 7 });
    expect((await Promise.all(Array.from({ length: 400 }, (_, i) => append(bus, i, `m${i + 1}`, [i])))).at(-1)).toBe(400);
    const messages = await readAll(slow, 400);
    expect(texts(messages)).toEqual(Array.from({ length: 400 }, (_, i) => `m${i + 1}`));
    expect(messages[0]?.decoded).toBeUndefined();
    expect(messages[399]?.decoded).toEqual([399]);
    await bus.close();
  });

  test('nothing leaves memory before it is in the journal', async () => {
    const storage = new MemoryStorage();
    const bus = await openOn(storage, 'none', { memoryBytesMax: 1 });
    const { hold, open } = gate();
    storage.hold = hold;
    for (let i = 0; i < 50; i++) await append(bus, i);
    const trimmed = bus.trim(STREAM, 10);
    expect(await readAll(bus.read(STREAM, { fromSequence: 11 }), 40)).toHaveLength(40);
    open();
    await trimmed;
    for (let i = 50; i < 60; i++) await append(bus, i);
    expect(await readAll(bus.read(STREAM, { fromSequence: 11 }), 50)).toHaveLength(50);
    await bus.close();
  });
});

describe('the journal on opening', () => {
  async function filled(): Promise<MemoryStorage> {
    const storage = new MemoryStorage();
    const bus = await openOn(storage);
    await bus.ensureStream('markets-0', ['spot.trade.>']);
    await Promise.all(Array.from({ length: 300 }, (_, i) => append(bus, i)));
    await bus.close();
    return storage;
  }
  const rowsOf = (storage: MemoryStorage) => [...storage.tables.log.keys()].sort();

  test('goes on where it was', async () => {
    const bus = await openOn(await filled());
    expect(await append(bus, 300)).toBe(301);
    expect(await readAll(bus.read(STREAM, { fromSequence: 1 }), 301)).toHaveLength(301);
    await bus.close();
  });

  test.each([
    ['a byte of the last message changed', (keys: string[], rows: Map<string, Uint8Array>) => flip(rows, keys[299]!), /300 is damaged/],
    ['a byte near the end changed', (keys: string[], rows: Map<string, Uint8Array>) => flip(rows, keys[250]!), /251 is damaged/],
    ['the last message removed', (keys: string[], rows: Map<string, Uint8Array>) => rows.delete(keys[299]!), /300 is missing/],
    ['the first message removed', (keys: string[], rows: Map<string, Uint8Array>) => rows.delete(keys[0]!), /1 is missing/],
    ['one in the middle removed', (keys: string[], rows: Map<string, Uint8Array>) => rows.delete(keys[50]!), /holds 299 messages/],
    [
      'two messages swapped',
      (keys: string[], rows: Map<string, Uint8Array>) => {
        const [a, b] = [rows.get(keys[290]!)!, rows.get(keys[291]!)!];
        rows.set(keys[290]!, b).set(keys[291]!, a);
      },
      /291 is damaged/,
    ],
    [
      'a message behind the end',
      (keys: string[], rows: Map<string, Uint8Array>) => rows.set(keys[299]!.replace(/012c$/, '012d'), rows.get(keys[299]!)!),
      /301 lies behind its end/,
    ],
  ])('refuses damage and names it: %s', async (_name, damage, message) => {
    const storage = await filled();
    damage(rowsOf(storage), storage.tables.log);
    await expect(openOn(storage)).rejects.toThrow(message);
    await expect(openOn(storage)).rejects.toMatchObject({ name: 'CorruptLogError', message: expect.stringContaining('') });
  });

  test('damage further back is found by whoever reads it', async () => {
    const storage = await filled();
    flip(storage.tables.log, rowsOf(storage)[20]!);
    const bus = await openOn(storage);
    await expect(readAll(bus.read(STREAM, { fromSequence: 1 }), 300)).rejects.toThrow(`${STREAM}: message 21 is damaged`);
    expect(await readAll(bus.read(STREAM, { fromSequence: 22 }), 279)).toHaveLength(279);
    await bus.close();
  });

  test('a damaged or missing head is refused', async () => {
    const storage = await filled();
    const key = Buffer.from('head:1').toString('hex');
    flip(storage.tables.meta, key);
    await expect(openOn(storage)).rejects.toThrow(/accounts-0: its head is missing or damaged/);
    storage.tables.meta.delete(key);
    await expect(openOn(storage)).rejects.toThrow(/its head is missing/);
  });

  test('a damaged snapshot is not given out', async () => {
    const storage = await filled();
    const bus = await openOn(storage);
    await bus.putSnapshot({ name: 's', meta: {}, data: new Uint8Array(3_000_000) });
    const [, second] = [...storage.tables.snapshots.keys()].sort();
    flip(storage.tables.snapshots, second!);
    await expect(bus.getSnapshot('s')).rejects.toThrow(/snapshot s is damaged/);
    storage.tables.snapshots.delete(second!);
    await expect(bus.getSnapshot('s')).rejects.toThrow(/snapshot s is damaged/);
    await bus.close();
  });

  test('chunks of a snapshot that was cut short go with the next one', async () => {
    const storage = await filled();
    const bus = await openOn(storage);
    await bus.putSnapshot({ name: 's', meta: {}, data: new Uint8Array(2_000_000) });
    const { hold, open } = gate();
    storage.hold = hold;
    const cut = bus.putSnapshot({ name: 's', meta: {}, data: new Uint8Array(9_000_000) });
    storage.failCommit = new Error('gone');
    open();
    await expect(cut).rejects.toBeInstanceOf(StorageError);
    await expect(bus.close()).rejects.toBeInstanceOf(StorageError);
    storage.failCommit = undefined;
    storage.hold = undefined;
    const again = await openOn(storage);
    expect((await again.getSnapshot('s'))?.data).toHaveLength(2_000_000);
    await again.putSnapshot({ name: 's', meta: {}, data: new Uint8Array(10) });
    expect(storage.tables.snapshots.size).toBe(1);
    await again.close();
  });

  test('a trim that was cut short is finished', async () => {
    const storage = new MemoryStorage();
    const bus = await openOn(storage);
    await Promise.all(Array.from({ length: 2500 }, (_, i) => append(bus, i)));
    // Removing goes in slices; the second one fails.
    const trimmed = bus.trim(STREAM, 2400);
    await trimmed;
    storage.failCommit = new Error('gone');
    await expect(bus.close()).rejects.toBeInstanceOf(StorageError);
    expect(storage.tables.log.size).toBeGreaterThan(100);
    storage.failCommit = undefined;
    const again = await openOn(storage);
    expect(await again.streamInfo(STREAM)).toMatchObject({ firstSequence: 2401, lastSequence: 2500 });
    await until(() => storage.tables.log.size === 100);
    const { bytes } = await again.streamInfo(STREAM);
    expect(bytes).toBe([...storage.tables.log.values()].reduce((sum, value) => sum + value.length, 0));
    await again.close();
    await (await openOn(storage)).close();
  });
});

function flip(rows: Map<string, Uint8Array>, key: string): void {
  const value = rows.get(key)!;
  value[value.length - 1]! ^= 0x10;
}
