// Files and names that a power cut leaves as they are. A file's bytes are on the disk once it is synced, its name only once
// the folder it stands in is.
import { open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Puts the whole file in place, or leaves what was there; on the disk when it resolves. `mode` is of the new file. */
export async function writeFileDurably(path: string, content: string, mode: number): Promise<void> {
  const draft = `${path}.${process.pid}.draft`;
  try {
    await writeFile(draft, content, { mode, flush: true });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncDir(dirname(path));
}

export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The names in the folder are on the disk when it resolves. Windows syncs no folders. */
export async function syncDir(dir: string): Promise<void> {
  if (process.platform !== 'win32') await syncFile(dir);
}
