// Opens the history of a directory, copies it to another, and empties it for a rebuild.
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { HistoryStore } from './historyStore.ts';
import { copyHistoryFile } from './lmdb/historyFile.ts';
import { type LmdbHistoryOptions, LmdbHistoryStore } from './lmdb/lmdbHistoryStore.ts';

export type HistoryOptions = LmdbHistoryOptions;

export function openHistory(options: HistoryOptions): HistoryStore {
  return new LmdbHistoryStore(options);
}

/** Removes what a closed history holds: the next one opened here starts at position 0 and is fed everything again. */
export function clearHistory(dir: string): void {
  for (const file of ['data.mdb', 'lock.mdb']) rmSync(join(dir, file), { force: true });
}

/**
 * Copies what a history holds, positions included, to a folder that is made or empty; whoever opens the copy goes on from
 * there. The history may be in use, also by another process. Throws RangeError when there is none, or the folder has files.
 */
export async function copyHistory(from: string, to: string): Promise<void> {
  if (!existsSync(join(from, 'data.mdb'))) throw new RangeError(`no history in ${from}`);
  mkdirSync(to, { recursive: true, mode: 0o700 });
  if (readdirSync(to).length > 0) throw new RangeError(`${to} is not empty`);
  await copyHistoryFile(from, to);
}
