// With durability 'none' the operating system decides what reaches the disk and when: after a power cut a journal may hold anything
// of its newest commits, in parts and in any order. So it is marked while it may not be on the disk, and a mark that another run
// of the machine left is a journal that nobody opens before `sedax verify` has read all of it.
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bootOfMachine, isSameBoot } from '../../support/boot.ts';
import { syncDir, syncFile, writeFileDurably } from '../../support/durableFile.ts';
import { CorruptLogError } from '../bus.ts';
import { DATA_FILE } from './syncedMeta.ts';

const FILE = 'unsynced.json';

/** On the disk when it resolves: before anything is written that may not get there. */
export function markUnsynced(dir: string): Promise<void> {
  return writeFileDurably(join(dir, FILE), `${JSON.stringify({ boot: bootOfMachine() })}\n`, 0o600);
}

/** Everything in the journal is brought to the disk, and then the mark is gone. Nobody may be writing. */
export async function forgetUnsynced(dir: string): Promise<void> {
  if (!existsSync(join(dir, FILE))) return;
  if (existsSync(join(dir, DATA_FILE))) await syncFile(join(dir, DATA_FILE));
  await rm(join(dir, FILE), { force: true });
  await syncDir(dir);
}

/** The machine went down while the journal was written, and nothing says how much of it reached the disk. */
export function wasCutUnsynced(dir: string): boolean {
  const path = join(dir, FILE);
  if (!existsSync(path)) return false;
  try {
    const { boot } = JSON.parse(readFileSync(path, 'utf8')) as { readonly boot: string };
    return !isSameBoot(boot, bootOfMachine());
  } catch {
    // Cut itself: written before a machine went down.
    return true;
  }
}

/** Throws CorruptLogError, in the words of docs/operations.md. */
export function checkNotCutUnsynced(dir: string): void {
  if (wasCutUnsynced(dir))
    throw new CorruptLogError(
      `${dir}: the machine went down while it was written with durability none, so parts of it may be missing; ` +
        'sedax verify reads all of it and lets it be started when every invariant holds',
    );
}
