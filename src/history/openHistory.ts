// Opens the history of a directory, and empties it for a rebuild.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { HistoryStore } from './historyStore.ts';
import { type LmdbHistoryOptions, LmdbHistoryStore } from './lmdb/lmdbHistoryStore.ts';

export type HistoryOptions = LmdbHistoryOptions;

export function openHistory(options: HistoryOptions): HistoryStore {
  return new LmdbHistoryStore(options);
}

/** Removes what a closed history holds: the next one opened here starts at position 0 and is fed everything again. */
export function clearHistory(dir: string): void {
  for (const file of ['data.mdb', 'lock.mdb']) rmSync(join(dir, file), { force: true });
}
