// Appends through the bus inside one process, one core, this machine's disk. Needs a folder; run:
//   npm run --silent bench:build && node .cache/bench/benchmarks/micro/journal.js [folder]
// The numbers of docs/decisions/0011-journal.md come from here. Every case reads back what it appended.
import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BusMessage } from '../../src/bus/bus.ts';
import { MemoryBus, type MemoryBusOptions } from '../../src/bus/memory/memoryBus.ts';
import type { Durability } from '../../src/bus/memory/storage.ts';

export interface JournalRow {
  readonly name: string;
  readonly messagesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const STREAM = 'accounts-0';
const SUBJECT = 'spot.order.acquiring.0.BTCUSDT';
const HEADERS = { writer: 'bench', epoch: '1', entries: 'o1b1', positions: 'markets-0=12345', lastEntry: '99999' };
/** A step of one order and one balance. */
const STEP_BYTES = 250;

/** `messages` in all, `pipelined` of them in flight at a time. */
export async function benchmarkJournal(messages: number, dir: string): Promise<JournalRow[]> {
  const rows: JournalRow[] = [];
  rows.push(await run('memory', {}, messages * 4, 1024));
  for (const durability of ['none', 'interval', 'always'] as const) {
    rows.push(await journalled(durability, dir, messages, 1024));
  }
  rows.push(await journalled('always', dir, Math.ceil(messages / 20), 32));
  rows.push(await journalled('always', dir, Math.ceil(messages / 100), 1));
  return rows;
}

async function journalled(durability: Durability, dir: string, messages: number, pipelined: number) {
  const journal = { dir: mkdtempSync(join(dir, 'sedax-bench-')), durability, intervalMs: 100 };
  try {
    return await run(`journal ${durability}`, { journal }, messages, pipelined);
  } finally {
    rmSync(journal.dir, { recursive: true, force: true });
  }
}

async function run(name: string, options: MemoryBusOptions, messages: number, pipelined: number): Promise<JournalRow> {
  const bus = await MemoryBus.open({ ...options, memoryBytesMax: 2 ** 31, inFlightBytesMax: 2 ** 29 });
  await bus.ensureStream(STREAM, ['spot.order.>']);
  const reading = readAll(bus, messages);
  const payload = Buffer.alloc(STEP_BYTES, 7);
  const latencies: number[] = [];
  let last = 0;
  const append = async (): Promise<void> => {
    while (last < messages) {
      const started = performance.now();
      const request = { stream: STREAM, subject: SUBJECT, headers: HEADERS, payload, expectedLastSequence: last++ };
      await bus.append(request);
      latencies.push(performance.now() - started);
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: pipelined }, append));
  assert.equal(await reading, messages);
  const seconds = (performance.now() - started) / 1000;
  await bus.close();
  latencies.sort((a, b) => a - b);
  return {
    name: `${name}, ${pipelined} in flight`,
    messagesPerSecond: Math.round(messages / seconds),
    p50Ms: latencies[Math.floor(latencies.length * 0.5)]!,
    p99Ms: latencies[Math.floor(latencies.length * 0.99)]!,
  };
}

async function readAll(bus: MemoryBus, messages: number): Promise<number> {
  const reader = bus.read(STREAM, { fromSequence: 1 });
  let seen = 0;
  while (seen < messages) {
    const batch: readonly BusMessage[] = await reader.next();
    for (const message of batch) assert.equal(message.sequence, ++seen);
  }
  reader.close();
  return seen;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const row of await benchmarkJournal(200_000, process.argv[2] ?? tmpdir())) {
    const rate = new Intl.NumberFormat('en-US').format(row.messagesPerSecond);
    const times = `p50 ${row.p50Ms.toFixed(2)} ms  p99 ${row.p99Ms.toFixed(2)} ms`;
    process.stdout.write(`${row.name.padEnd(34)} ${rate.padStart(10)} messages/s  ${times}\n`);
  }
}
