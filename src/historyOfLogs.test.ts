import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MemoryBus } from './bus/memory/memoryBus.ts';
import { encodeStep } from './codec/stepCodec.ts';
import { openHistory } from './history/openHistory.ts';
import { type AheadOfLog, openHistoryOfLogs } from './historyOfLogs.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sedax-ahead-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const STREAM = 'markets-0';

/** A log with that many messages, and its history opened. */
async function opened(messages: number): Promise<{ readonly position: number; readonly ahead: AheadOfLog[] }> {
  const bus = await MemoryBus.open();
  if (messages > 0) await bus.ensureStream(STREAM, ['a']);
  for (let last = 0; last < messages; last++) {
    await bus.append({ stream: STREAM, subject: 'a', headers: {}, payload: new Uint8Array(), expectedLastSequence: last });
  }
  const ahead: AheadOfLog[] = [];
  const history = await openHistoryOfLogs(bus, [STREAM], openHistory, { dir }, (one) => ahead.push(one));
  const position = history.position(STREAM);
  for (let sequence = position + 1; sequence <= messages; sequence++) history.apply(STREAM, sequence, encodeStep([]));
  await history.flush();
  await history.close();
  await bus.close();
  return { position, ahead };
}

test('a history goes on behind what it has', async () => {
  expect(await opened(5)).toEqual({ position: 0, ahead: [] });
  expect(await opened(5)).toEqual({ position: 5, ahead: [] });
  expect(await opened(9)).toEqual({ position: 5, ahead: [] });
});

test('a history that knows what its log lost begins again', async () => {
  await opened(5);
  expect(await opened(3)).toEqual({ position: 0, ahead: [{ stream: STREAM, position: 5, lastSequence: 3 }] });
  expect(await opened(3)).toEqual({ position: 3, ahead: [] });
  expect(await opened(0)).toEqual({ position: 0, ahead: [{ stream: STREAM, position: 3, lastSequence: 0 }] });
});
