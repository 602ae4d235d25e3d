// The journal on the real disk: damage in the file, verification, and how long opening takes.
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CorruptLogError } from '../bus.ts';
import { MemoryBus } from './memoryBus.ts';
import { type VerifyProgress, verifyJournal } from './verifyJournal.ts';

const STREAM = 'accounts-0';
const SUBJECT = 'spot.order.acquiring.0.BTCUSDT';
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sedax-journal-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));
const open = (): Promise<MemoryBus> => MemoryBus.open({ journal: { dir, durability: 'interval', intervalMs: 1000 } });

async function fill(bus: MemoryBus, count: number, payload: (sequence: number) => Uint8Array): Promise<void> {
  await bus.ensureStream(STREAM, ['spot.order.>']);
  let { lastSequence } = await bus.streamInfo(STREAM);
  const end = lastSequence + count;
  while (lastSequence < end) {
    const burst = Math.min(10_000, end - lastSequence);
    await Promise.all(
      Array.from({ length: burst }, () =>
        bus.append({
          stream: STREAM,
          subject: SUBJECT,
          headers: {},
          payload: payload(lastSequence + 1),
          expectedLastSequence: lastSequence++,
        }),
      ),
    );
  }
}

test('verify reads everything, also while the journal is in use', async () => {
  const bus = await open();
  await fill(bus, 3000, (sequence) => Buffer.from(`payload ${sequence}`));
  await bus.trim(STREAM, 500);
  await bus.putSnapshot({ name: 's', meta: {}, data: new Uint8Array(2_500_000) });
  const progress: VerifyProgress[] = [];
  const inUse = await verifyJournal(dir, (step) => progress.push(step));
  const { bytes } = await bus.streamInfo(STREAM);
  expect(inUse.streams).toEqual([{ stream: STREAM, firstSequence: 501, lastSequence: 3000, bytes }]);
  expect(inUse.snapshots).toEqual([{ name: 's', bytes: 2_500_000 }]);
  expect(progress.at(-1)).toEqual({ stream: STREAM, checked: 2500, messages: 2500 });
  await bus.close();
  expect(await verifyJournal(dir)).toEqual(inUse);
});

test('a flipped bit anywhere in a payload is found and named', async () => {
  const bus = await open();
  await fill(bus, 500, (sequence) => Buffer.from(`needle-${String(sequence).padStart(4, '0')}-${'x'.repeat(50)}`));
  await bus.close();
  const path = join(dir, 'data.mdb');
  const bytes = readFileSync(path);
  // Older versions of pages hold it too: all of them are changed.
  for (let at = bytes.indexOf('needle-0123'); at >= 0; at = bytes.indexOf('needle-0123', at + 1)) bytes[at + 20]! ^= 1;
  writeFileSync(path, bytes);
  await expect(verifyJournal(dir)).rejects.toThrow(`${STREAM}: message 123 is damaged`);
  await expect(verifyJournal(dir)).rejects.toBeInstanceOf(CorruptLogError);
});

test('a file that was cut and one that is no journal are refused', async () => {
  const bus = await open();
  await fill(bus, 3000, () => new Uint8Array(1000));
  await bus.close();
  const path = join(dir, 'data.mdb');
  truncateSync(path, Math.floor(statSync(path).size / 2));
  await expect(open()).rejects.toThrow(/was cut/);
  await expect(verifyJournal(dir)).rejects.toBeInstanceOf(CorruptLogError);
  writeFileSync(path, Buffer.alloc(100_000, 'not a journal '));
  await expect(open()).rejects.toBeInstanceOf(CorruptLogError);
  rmSync(path);
  await (await open()).close();
});

test('opening a long journal reads its ends only', async () => {
  const bus = await open();
  await fill(bus, 60_000, () => new Uint8Array(20));
  await bus.close();
  const reading = performance.now();
  await verifyJournal(dir);
  const started = performance.now();
  const again = await open();
  const took = performance.now() - started;
  expect(took).toBeLessThan((started - reading) / 2);
  expect((await again.streamInfo(STREAM)).lastSequence).toBe(60_000);
  await again.close();
});

test('a snapshot of 100 MB', { timeout: 60_000 }, async () => {
  const bus = await open();
  const data = Buffer.allocUnsafe(100 * 2 ** 20);
  for (let i = 0; i < data.length; i += 4) data.writeInt32LE((i * 2_654_435_761) | 0, i);
  await bus.putSnapshot({ name: 'big', meta: { rows: '1' }, data });
  await bus.close();
  const again = await open();
  const snapshot = await again.getSnapshot('big');
  expect(data.equals(snapshot!.data)).toBe(true);
  await again.close();
});
