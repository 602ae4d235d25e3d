// kill -9 of a process that feeds a history, at random instants, many times over one directory: what the store says is
// committed is all there, nothing more is, and the next process goes on from it. The seed is printed with a failure.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeStep } from '../../src/codec/stepCodec.ts';
import { LmdbHistoryStore } from '../../src/history/lmdb/lmdbHistoryStore.ts';
import { FEED_STREAMS, HistoryFeed } from '../conformance/historyFeed.ts';
import { expectSameAnswers } from '../conformance/historyQuestions.ts';
import { NaiveHistory } from '../conformance/naiveHistory.ts';
import { randomOf, WRITER_OPTIONS } from './writerFeed.ts';

const KILLS = Number(process.env.HISTORY_TEST_KILLS ?? 6);
const SEED = Number(process.env.HISTORY_TEST_SEED ?? Date.now() % 1_000_000);
/** Most milliseconds between the first commit and the kill. */
const RUN_MS_MAX = 250;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
// Inside the repository, where the bundle finds its packages.
const BUNDLE_DIR = join(ROOT, '.cache', `history-writer-${process.pid}`);
let dir: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sedax-history-kill-'));
  await build({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    build: { ssr: 'tests/history/historyWriter.ts', outDir: BUNDLE_DIR, target: 'node20' },
  });
});

afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
  rmSync(BUNDLE_DIR, { recursive: true, force: true });
});

/** Runs a writer until `ms` after its first commit; resolves with the last positions it printed. */
async function killedAfter(ms: number): Promise<Record<string, number>> {
  const child = spawn(process.execPath, [join(BUNDLE_DIR, 'historyWriter.js'), dir, String(SEED)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    if (output === '') setTimeout(() => child.kill('SIGKILL'), ms);
    output += chunk.toString();
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.once('close', (...how) => resolve(how));
  });
  expect([code, signal]).toEqual([null, 'SIGKILL']);
  // The last line may be cut short.
  return JSON.parse(output.slice(0, output.lastIndexOf('\n')).split('\n').at(-1) as string);
}

it(`${KILLS} kills lose and double nothing (seed ${SEED})`, { timeout: 120_000 }, async () => {
  const instants = randomOf(SEED + 1);
  let before: Record<string, number> = {};
  for (let kill = 0; kill < KILLS; kill++) {
    const said = await killedAfter(instants(RUN_MS_MAX));
    const store = new LmdbHistoryStore({ dir, ...WRITER_OPTIONS });
    try {
      const oracle = new NaiveHistory();
      const feed = new HistoryFeed();
      const random = randomOf(SEED);
      const isAhead = (): boolean => FEED_STREAMS.some((stream) => oracle.last(stream) < store.position(stream));
      let fed = 0;
      while (isAhead()) {
        feed.doRandom(random);
        for (; fed < feed.messages.length; fed++) {
          const message = feed.messages[fed];
          if (message === undefined || message.sequence > store.position(message.stream)) continue;
          oracle.apply(message.stream, message.sequence, encodeStep(message.entries));
        }
      }
      for (const [stream, position] of Object.entries(said)) {
        expect(store.position(stream)).toBeGreaterThanOrEqual(position);
        expect(store.position(stream)).toBeGreaterThanOrEqual(before[stream] ?? 0);
      }
      before = said;
      const { orderIds, listIds, nowUs, times } = feed;
      expectSameAnswers(oracle, store, { orderIds, listIds, nowUs, times, random: instants });
    } finally {
      await store.close();
    }
  }
});
