import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bootOfMachine } from '../../support/boot.ts';
import { CorruptLogError } from '../bus.ts';
import { MemoryBus } from './memoryBus.ts';
import type { Durability } from './storage.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sedax-mark-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const mark = (): string => join(dir, 'unsynced.json');
const open = (durability: Durability, afterCut = false): Promise<MemoryBus> =>
  MemoryBus.open({ journal: { dir, durability, intervalMs: 1000, afterCut } });
/** As a journal is found that was open when the machine went down. */
const cut = (content = '{"boot":"another"}'): void => writeFileSync(mark(), content);

test('stands while a journal is open without syncs, and is gone when it was closed', async () => {
  const bus = await open('none');
  expect(existsSync(mark())).toBe(true);
  await bus.ensureStream('accounts-0', ['spot.order.>']);
  await bus.append({ stream: 'accounts-0', subject: 'spot.order.a', headers: {}, payload: Buffer.from('x'), expectedLastSequence: 0 });
  await bus.close();
  expect(existsSync(mark())).toBe(false);
});

test.each(['always', 'interval'] as const)(
  'a killed process leaves it, and the next one with %s syncs before it takes it away',
  async (durability) => {
    await (await open('none')).close();
    cut(JSON.stringify({ boot: bootOfMachine() }));
    const bus = await open(durability);
    expect(existsSync(mark())).toBe(false);
    await bus.close();
  },
);

test.each(['{"boot":"another"}', '', '{"bo'])(
  'of another run of the machine (%s) it keeps everybody out but who looks',
  async (content) => {
    await (await open('none')).close();
    cut(content);
    for (const durability of ['always', 'interval', 'none'] as const) {
      await expect(open(durability)).rejects.toThrow(CorruptLogError);
      await expect(open(durability)).rejects.toThrow('the machine went down while it was written with durability none');
    }
    await (await open('none', true)).close();
    expect(existsSync(mark())).toBe(true);
  },
);
