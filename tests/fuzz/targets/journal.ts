// The journal's records, heads and meta rows as they lie on the disk. Whatever is not what was written is found.
import { CorruptLogError } from '../../../src/bus/bus.ts';
import { FORMAT_KEY, headKey, loadStreams, snapshotKey, streamKey } from '../../../src/bus/memory/journalLayout.ts';
import { loadPointers, readSnapshot } from '../../../src/bus/memory/journalSnapshots.ts';
import { MemoryBus } from '../../../src/bus/memory/memoryBus.ts';
import { decodeRecord, decodeRecordHead, encodeRecord, logKey } from '../../../src/bus/memory/record.ts';
import { decodeHead, encodeHead } from '../../../src/bus/memory/streamHead.ts';
import { MemoryStorage } from '../../fixtures/memoryStorage.ts';
import { ACCEPTED, type FuzzTarget } from '../fuzzTarget.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const KEY = logKey(1, 42);
const CHAIN = 0x12345678;

const records = [0, 5, 300, 5000].map((bytes) =>
  encodeRecord(
    KEY,
    {
      stream: 'accounts-0',
      sequence: 42,
      subject: 'spot.order.acquiring.0.BTCUSDT',
      headers: { 'Sedax-Writer': 'a', 'Sedax-In': 'markets-0=17' },
      payload: Buffer.alloc(bytes, 7),
    },
    CHAIN,
  ),
);

/** Taken whole is only what was written: everything else has to be seen as damaged. */
export const recordTarget: FuzzTarget = {
  name: 'journal-record',
  form: 'bytes',
  seeds: records,
  open: () => {
    const written = new Set(records.map(hex));
    return {
      run: (input) => {
        const head = decodeRecordHead(KEY, input, CHAIN);
        if (head === undefined) return 'damaged';
        if (!written.has(hex(input))) throw new Error('a damaged record was taken for a whole one');
        decodeRecord('accounts-0', 42, input, head);
        return ACCEPTED;
      },
    };
  },
};

const heads = [
  encodeHead({ first: 1, last: 0, bytes: 0, chain: 0, baseChain: 0 }),
  encodeHead({ first: 17, last: 2 ** 40, bytes: 12_345_678, chain: 0xdeadbeef, baseChain: 77 }),
];

export const headTarget: FuzzTarget = {
  name: 'journal-head',
  form: 'bytes',
  seeds: heads,
  open: () => {
    const written = new Set(heads.map(hex));
    return {
      run: (input) => {
        if (decodeHead(input) === undefined) return 'damaged';
        if (!written.has(hex(input))) throw new Error('a damaged head was taken for a whole one');
        return ACCEPTED;
      },
    };
  },
};

/** A journal's rows with one of the meta rows replaced. Input: which one, and what it holds now. */
async function journalRows(): Promise<MemoryStorage> {
  const storage = new MemoryStorage();
  const bus = await MemoryBus.open({ journal: { dir: '', durability: 'always', intervalMs: 1, storage } });
  await bus.ensureStream('accounts-0', ['spot.order.>', 'spot.balance.>']);
  await bus.append({ stream: 'accounts-0', subject: 'spot.order.a', headers: {}, payload: Buffer.from('x'), expectedLastSequence: 0 });
  await bus.putSnapshot({ name: 'accounts-0', meta: { sequence: '1', positions: 'markets-0=17' }, data: Buffer.from('state') });
  await bus.close();
  return storage;
}

const rows = await journalRows();
const META_KEYS = [FORMAT_KEY, streamKey('accounts-0'), headKey(1), snapshotKey('accounts-0')];
const metaSeeds = META_KEYS.map((key, at) => Buffer.concat([Buffer.of(at), rows.get('meta', key)!]));

export const metaTarget: FuzzTarget = {
  name: 'journal-meta',
  form: 'bytes',
  seeds: metaSeeds,
  open: () => {
    const written = new Set(metaSeeds.map(hex));
    return {
      run: (input) => {
        const key = META_KEYS[(input[0] ?? 0) % META_KEYS.length]!;
        const before = rows.get('meta', key)!;
        const now = input.subarray(1);
        rows.tables.meta.set(hex(key), now);
        try {
          loadStreams(rows);
          for (const [name, pointer] of loadPointers(rows)) readSnapshot(rows, name, pointer);
          if (!written.has(hex(input)) && hex(now) !== hex(before))
            throw new Error(`a damaged row was taken for a whole one: ${key.toString()}`);
          return ACCEPTED;
        } catch (error) {
          if (error instanceof CorruptLogError) return error.message.replace(/[^a-z ]/gi, '').slice(0, 60);
          throw error;
        } finally {
          rows.tables.meta.set(hex(key), before);
        }
      },
    };
  },
};
