// The journal alone against kill -9: whatever was acknowledged is there afterwards, to the byte, and the chain verifies.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MemoryBus } from '../../src/bus/memory/memoryBus.ts';
import { verifyJournal } from '../../src/bus/memory/verifyJournal.ts';
import { readAll } from '../conformance/bus.ts';
import { payloadOf, STREAMS, subjectOf } from './crashLog.ts';

const ROUNDS = 20;
const root = fileURLToPath(new URL('../../', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'sedax-crash-'));
// The child runs as JavaScript: it starts faster, and needs no loader.
beforeAll(() => {
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tests/journal'], { cwd: root });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test(`nothing acknowledged is lost over ${ROUNDS} kills`, { timeout: 180_000 }, async () => {
  const acknowledged = new Map<string, number>(STREAMS.map((stream) => [stream, 0]));
  for (let round = 0; round < ROUNDS; round++) {
    const told = await appendAndKill(Math.random() * 150);
    for (const [stream, sequence] of told) acknowledged.set(stream, Math.max(sequence, acknowledged.get(stream)!));
    await checkJournal(acknowledged);
  }
  for (const sequence of acknowledged.values()) expect(sequence).toBeGreaterThan(ROUNDS);
});

/** Newest acknowledged sequences of one life of the child, which is killed some time after it is ready. */
async function appendAndKill(afterMs: number): Promise<Map<string, number>> {
  const script = join(root, '.cache/journal/tests/journal/appender.js');
  const child = spawn(process.execPath, [script, dir], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  child.stdout.on('data', (chunk: Buffer) => {
    const first = out === '';
    out += chunk.toString();
    if (first) setTimeout(() => child.kill('SIGKILL'), afterMs);
  });
  const signal = await new Promise((resolve) => child.on('close', (_code, by) => resolve(by)));
  expect(signal, errors).toBe('SIGKILL');
  const told = new Map<string, number>();
  // What comes after the last line end was cut by the kill.
  for (const line of out.split('\n').slice(1, -1)) {
    const [stream, sequence] = line.split(' ');
    told.set(stream!, Number(sequence));
  }
  return told;
}

async function checkJournal(acknowledged: ReadonlyMap<string, number>): Promise<void> {
  const bus = await MemoryBus.open({ journal: { dir, durability: 'always', intervalMs: 1000 } });
  try {
    for (const [stream, sequence] of acknowledged) {
      const info = await bus.streamInfo(stream);
      expect(info.lastSequence).toBeGreaterThanOrEqual(sequence);
      const messages = await readAll(bus.read(stream, { fromSequence: info.firstSequence }), info.messages);
      for (const message of messages) {
        expect(message.subject).toBe(subjectOf(stream));
        expect(message.headers.at).toBe(String(message.sequence));
        expect(payloadOf(stream, message.sequence).equals(message.payload)).toBe(true);
      }
      const snapshot = await bus.getSnapshot(stream);
      if (snapshot === undefined) continue;
      const at = Number(snapshot.meta.at);
      expect(snapshot.data.at(-1)).toBe(at & 0xff);
      expect(payloadOf(stream, at).equals(snapshot.data.subarray(0, -1_500_000))).toBe(true);
    }
  } finally {
    await bus.close();
  }
  const verified = await verifyJournal(dir);
  expect(verified.streams.map((stream) => stream.stream).sort()).toEqual([...STREAMS].sort());
}
