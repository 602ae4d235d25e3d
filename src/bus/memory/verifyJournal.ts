// Reads a whole journal and checks every message, head and snapshot: `sedax verify`. Read only; a running exchange may go on.
import { CorruptLogError } from '../bus.ts';
import { chainBefore, checkRow, type JournalStream, loadStreams } from './journalLayout.ts';
import { loadPointers, readSnapshot } from './journalSnapshots.ts';
import { LmdbStorage } from './lmdbStorage.ts';
import { logKey } from './record.ts';
import type { JournalStorage } from './storage.ts';

export interface VerifyProgress {
  readonly stream: string;
  /** Messages checked so far, in this stream and to go in it. */
  readonly checked: number;
  readonly messages: number;
}

export interface VerifiedJournal {
  readonly streams: readonly {
    readonly stream: string;
    readonly firstSequence: number;
    readonly lastSequence: number;
    readonly bytes: number;
  }[];
  readonly snapshots: readonly { readonly name: string; readonly bytes: number }[];
}

const ROWS = 1000;
const BYTES = 8 * 2 ** 20;

/** Rejects with CorruptLogError, which names stream and position of the first damage. */
export async function verifyJournal(
  dir: string,
  onProgress: (progress: VerifyProgress) => void = () => undefined,
): Promise<VerifiedJournal> {
  const storage = new LmdbStorage({ dir, durability: 'always', readOnly: true });
  try {
    const streams = [];
    for (const stream of loadStreams(storage)) {
      const bytes = await verifyStream(storage, stream, onProgress);
      const { first, last } = stream.head;
      streams.push({ stream: stream.name, firstSequence: first, lastSequence: last, bytes });
    }
    const snapshots = [];
    for (const [name, pointer] of loadPointers(storage)) {
      snapshots.push({ name, bytes: readSnapshot(storage, name, pointer).data.length });
    }
    return { streams, snapshots };
  } finally {
    await storage.close();
  }
}

async function verifyStream(
  storage: JournalStorage,
  stream: JournalStream,
  onProgress: (progress: VerifyProgress) => void,
): Promise<number> {
  const { name, number } = stream;
  const { first, last, chain: lastChain } = stream.head;
  let chain = chainBefore(storage, stream, first);
  let bytes = 0;
  for (let sequence = first; sequence <= last; ) {
    const rows = storage.range('log', logKey(number, sequence), logKey(number, last + 1), ROWS, BYTES);
    if (rows.length === 0) checkRow(name, sequence, undefined, chain);
    for (const row of rows) {
      chain = checkRow(name, sequence++, row, chain);
      bytes += row[1].length;
    }
    onProgress({ stream: name, checked: sequence - first, messages: last - first + 1 });
    // Lets a signal or another task through.
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (chain !== lastChain) throw new CorruptLogError(`${name}: its head does not follow from message ${last}`);
  return bytes;
}
