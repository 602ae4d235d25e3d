// A history and the logs it is opened over: behind them it goes on, ahead of them it is filled again, where they allow it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MemoryBus } from '../../src/bus/memory/memoryBus.ts';
import { encodeStep } from '../../src/codec/stepCodec.ts';
import { HistoryGapError } from '../../src/history/historyStore.ts';
import { openHistory } from '../../src/history/openHistory.ts';
import { openHistoryOfLogs } from '../../src/historyOfLogs.ts';

const STREAMS = ['markets-0', 'accounts-0'];
let dir: string;
let bus: MemoryBus;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sedax-history-'));
  bus = await MemoryBus.open();
});
afterEach(async () => {
  await bus.close();
  rmSync(dir, { recursive: true, force: true });
});

async function logs(messages: number): Promise<void> {
  for (const stream of STREAMS) {
    await bus.ensureStream(stream, [`test.${stream}`]);
    for (let at = 0; at < messages; at++) {
      await bus.append({ stream, subject: `test.${stream}`, headers: {}, payload: Buffer.from('x'), expectedLastSequence: at });
    }
  }
}

/** A history that has taken in so many messages of markets-0. */
async function history(messages: number): Promise<void> {
  const store = openHistory({ dir });
  for (let sequence = 1; sequence <= messages; sequence++) store.apply('markets-0', sequence, encodeStep([]));
  await store.close();
}

async function opened(): Promise<{ position: number; ahead: object[] }> {
  const ahead: object[] = [];
  const store = await openHistoryOfLogs(bus, STREAMS, openHistory, { dir }, (one) => ahead.push(one));
  const position = store.position('markets-0');
  await store.close();
  return { position, ahead };
}

it('goes on where it stands', async () => {
  await logs(5);
  await history(3);
  expect(await opened()).toEqual({ position: 3, ahead: [] });
});

it('is emptied when it is ahead', async () => {
  await logs(5);
  await history(8);
  expect(await opened()).toEqual({ position: 0, ahead: [{ stream: 'markets-0', position: 8, lastSequence: 5 }] });
});

it('ahead of a log that begins later it is left as it is, and refused', async () => {
  await logs(5);
  await history(8);
  await bus.trim('accounts-0', 2);
  await expect(opened()).rejects.toThrow(HistoryGapError);
  await expect(opened()).rejects.toThrow(/can't be filled again, for accounts-0 begins at 3/);
  const store = openHistory({ dir });
  expect(store.position('markets-0')).toBe(8);
  await store.close();
});
