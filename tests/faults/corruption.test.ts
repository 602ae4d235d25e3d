// Damage in a journal, of every kind and at random places: `sedax verify` finds each and names stream and position, or the
// snapshot; a start refuses it, or has not used it: what it then serves is what was written. CORRUPTIONS sets how many of each
// level; CORRUPTION_SEED repeats a run.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LmdbStorage } from '../../src/bus/memory/lmdbStorage.ts';
import type { StorageWrite, Table } from '../../src/bus/memory/storage.ts';
import { verify } from '../../src/cli/verify.ts';
import { loadConfig } from '../../src/config/config.ts';
import { NativeClient } from '../e2e/nativeClient.ts';
import { cli, demoKeys, SedaxProcess } from '../e2e/sedaxProcess.ts';
import { seededRandom } from './seededRandom.ts';

const COUNT = Number(process.env.CORRUPTIONS ?? 60);
const SEED = Number(process.env.CORRUPTION_SEED ?? Date.now() % 1_000_000);
/** Through processes of their own, which are slower. */
const SLOW_COUNT = Math.ceil(COUNT / 20);

const root = mkdtempSync(join(tmpdir(), 'sedax-corruption-'));
const good = join(root, 'good');
let sound: string[] = [];

beforeAll(async () => {
  const sedax = await SedaxProcess.start(good, { SEDAX_PIPELINE_PARTITION_SNAPSHOT_EVERY_STEPS: '30' });
  const clients = demoKeys(good).map((key) => new NativeClient(sedax.url, key));
  for (let round = 0; round < 40; round++) {
    await Promise.all(
      clients.map((client, at) =>
        client.place({ symbol: 'BTCUSDT', side: at === 0 ? 'BUY' : 'SELL', price: String(50_000 + (round % 3)), quantity: '0.01' }),
      ),
    );
  }
  await sedax.stop();
  sound = (await verified(good)).lines;
  expect(sound.at(-1)).toContain('every invariant holds');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function verified(dir: string): Promise<{ readonly code: number; readonly lines: string[] }> {
  const lines: string[] = [];
  const config = loadConfig({ env: {}, overrides: { dataDir: dir } });
  const code = await verify(config, {}, (line) => lines.push(line));
  return { code, lines };
}

function copied(name: string): string {
  const dir = join(root, name);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(join(dir, 'journal'), { recursive: true });
  copyFileSync(join(good, 'journal', 'data.mdb'), join(dir, 'journal', 'data.mdb'));
  for (const file of ['demo-keys.json', 'admin-token']) copyFileSync(join(good, file), join(dir, file));
  return dir;
}

interface Row {
  readonly table: Table;
  readonly key: Buffer;
  readonly value: Buffer;
}

function rowsOf(storage: LmdbStorage): Row[] {
  return (['log', 'meta', 'snapshots'] as const).flatMap((table) =>
    storage
      .range(table, Buffer.alloc(0), Buffer.alloc(100, 0xff), Number.MAX_SAFE_INTEGER)
      .map(([key, value]) => ({ table, key: Buffer.from(key), value: Buffer.from(value) })),
  );
}

const DAMAGES = ['flip', 'cut', 'longer', 'missing', 'swapped', 'doubled'] as const;
type Damage = (typeof DAMAGES)[number];

/** Some row of the journal, damaged; what it was, for the message of a failure. */
async function damage(dir: string, random: () => number): Promise<string> {
  const storage = await LmdbStorage.open({ dir: join(dir, 'journal'), durability: 'always' });
  try {
    const rows = rowsOf(storage);
    const below = (n: number): number => Math.floor(random() * n);
    // The few rows of meta and snapshots as often as the many of the log.
    const tables = ['log', 'log', 'meta', 'snapshots'] as const;
    const table = tables[below(tables.length)]!;
    const ofTable = rows.filter((row) => row.table === table);
    const row = ofTable[below(ofTable.length)]!;
    const kind: Damage = DAMAGES[below(DAMAGES.length)]!;
    const writes = changes(kind, row, ofTable, below);
    if (writes.length === 0) return damage(dir, random);
    await storage.commit(writes);
    return `${kind} of ${table} ${row.key.toString('latin1').replace(/[^ -~]/g, '.')} (${row.key.toString('hex')})`;
  } finally {
    await storage.close();
  }
}

function changes(kind: Damage, row: Row, ofTable: readonly Row[], below: (n: number) => number): StorageWrite[] {
  const { table, key, value } = row;
  const other = ofTable[below(ofTable.length)]!;
  switch (kind) {
    case 'flip': {
      const flipped = Buffer.from(value);
      flipped[below(value.length)]! ^= 1 << below(8);
      return [{ table, key, value: flipped }];
    }
    case 'cut':
      return [{ table, key, value: value.subarray(0, below(value.length)) }];
    case 'longer':
      return [{ table, key, value: Buffer.concat([value, Buffer.of(below(256))]) }];
    case 'missing':
      return [{ table, key, value: undefined }];
    case 'swapped':
      if (other.value.equals(value)) return [];
      return [
        { table, key, value: other.value },
        { table, key: other.key, value },
      ];
    case 'doubled':
      return other.value.equals(value) ? [] : [{ table, key: other.key, value }];
  }
}

/** A stream with a position, a snapshot, or the row of the journal itself. */
const NAMES =
  /(accounts|markets|klines|admin)(-0)?(: message \d+|@\d+|: its head)|snapshot \S+ is damaged|pointer of snapshot|stream \S+ is damaged|lease|format mark|holds \d+ messages|no such stream|no journal|came to its end/;

test(`${COUNT} damaged rows are found and named by verify (seed ${SEED})`, { timeout: COUNT * 10_000 }, async () => {
  const random = seededRandom(SEED);
  for (let n = 0; n < COUNT; n++) {
    const dir = copied('row');
    const what = await damage(dir, random);
    const { code, lines } = await verified(dir);
    const where = `seed ${SEED}, damage ${n}: ${what}\n${lines.join('\n')}`;
    // A row that nobody needs any more may go: what is left is what was written.
    if (code === 0) expect(lines, where).toEqual(sound);
    else expect(lines.at(-1), where).toMatch(NAMES);
  }
});

/** LMDB's own words for a page that is none: it ends the process, or the reading. */
const BY_LMDB = /mdb\.c:\d+: Assertion|MDB_|can't be opened as a journal|is no journal|was cut|mdb_|signal SIG/;

test(`${SLOW_COUNT} bits flipped in the file: no damaged journal passes for a sound one (seed ${SEED})`, {
  timeout: SLOW_COUNT * 60_000,
}, async () => {
  const random = seededRandom(SEED + 1);
  const counts = { unused: 0, named: 0, byLmdb: 0 };
  for (let n = 0; n < SLOW_COUNT; n++) {
    const dir = copied('file');
    const file = join(dir, 'journal', 'data.mdb');
    const bytes = readFileSync(file);
    const at = Math.floor(random() * bytes.length);
    const bit = Math.floor(random() * 8);
    bytes[at]! ^= 1 << bit;
    writeFileSync(file, bytes);
    const { code, output } = await cli(['verify', '--data-dir', dir]);
    const where = `seed ${SEED}, flip ${n}: bit ${bit} of byte ${at} of ${bytes.length}: exit code ${code}\n${output}`;
    if (code === 0) {
      // In a page that holds nothing now.
      expect(output.trim().split('\n'), where).toEqual(sound);
      counts.unused++;
    } else if (code === 1 && NAMES.test(output)) counts.named++;
    else {
      // Null: LMDB touched what is not there, and the system ended it.
      expect(code === null || BY_LMDB.test(output), where).toBe(true);
      counts.byLmdb++;
    }
  }
  process.stdout.write(`corruption: ${SLOW_COUNT} bits flipped in the file: ${JSON.stringify(counts)} (seed ${SEED})\n`);
});

test(`a start on ${SLOW_COUNT} damaged journals refuses, or serves what was written (seed ${SEED})`, {
  timeout: SLOW_COUNT * 60_000,
}, async () => {
  const random = seededRandom(SEED + 2);
  const expected = await served(copied('sound'));
  const counts = { refused: 0, unused: 0 };
  for (let n = 0; n < SLOW_COUNT; n++) {
    const dir = copied('start');
    const what = await damage(dir, random);
    const where = `seed ${SEED}, damage ${n}: ${what}`;
    try {
      const found = await served(dir);
      expect(found, where).toEqual(expected);
      counts.unused++;
    } catch (error) {
      const text = (error as Error).message;
      if (!text.startsWith('exited with')) throw error;
      expect(text, where).toMatch(/could not start|cannot go on/);
      expect(text, where).toMatch(NAMES);
      counts.refused++;
    }
  }
  process.stdout.write(`corruption: ${SLOW_COUNT} starts: ${JSON.stringify(counts)} (seed ${SEED})\n`);
});

/** Balances, open orders and the book, as clients see them. */
async function served(dir: string): Promise<unknown> {
  const sedax = await SedaxProcess.start(dir);
  try {
    const answers = [];
    for (const key of demoKeys(dir)) {
      const client = new NativeClient(sedax.url, key);
      for (const path of ['/api/spot/user/balances', '/api/spot/v2/open?symbol=BTCUSDT', '/api/spot/market/depth?symbol=BTCUSDT']) {
        answers.push((await client.request('GET', path)).body);
      }
    }
    return answers;
  } finally {
    await sedax.kill();
  }
}
