// The journal of a data folder, read while its exchange may be running: what `sedax tail` shows. Read only.
import type { BusMessage } from '../bus/bus.ts';
import { chainBefore, checkRow, type JournalStream, loadStreams } from '../bus/memory/journalLayout.ts';
import { LmdbStorage } from '../bus/memory/lmdbStorage.ts';
import { decodeRecord, decodeRecordHead, logKey } from '../bus/memory/record.ts';
import type { LogSource } from './tail.ts';

export class JournalSource implements LogSource {
  readonly #storage: LmdbStorage;
  #streams = new Map<string, JournalStream>();

  constructor(dir: string) {
    this.#storage = new LmdbStorage({ dir, durability: 'always', readOnly: true });
  }

  streams(): ReadonlyMap<string, { readonly first: number; readonly last: number }> {
    this.#streams = new Map(loadStreams(this.#storage).map((stream) => [stream.name, stream]));
    return new Map([...this.#streams].map(([name, { head }]) => [name, head]));
  }

  read(name: string, from: number, limit: number): BusMessage[] {
    const stream = this.#streams.get(name);
    if (stream === undefined || from > stream.head.last) return [];
    const rows = this.#storage.range('log', logKey(stream.number, from), logKey(stream.number, stream.head.last + 1), limit);
    let chain = chainBefore(this.#storage, stream, from);
    return rows.map((row, i) => {
      const before = chain;
      chain = checkRow(name, from + i, row, before);
      const head = decodeRecordHead(row[0], row[1], before);
      if (head === undefined) throw new Error(`${name}@${from + i}: checked and then damaged`);
      return decodeRecord(name, from + i, row[1], head);
    });
  }

  close(): Promise<void> {
    return this.#storage.close();
  }
}
