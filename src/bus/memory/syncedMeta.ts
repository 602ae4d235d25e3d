// How far a journal with durability 'interval' is on the disk. LMDB keeps two meta pages, of its two newest commits, and neither
// may be on the disk with everything it points to. So after every fsync the meta page of the commit it covers is kept in a file
// of its own, and when the machine went down that commit is what opening goes back to.
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bootOfMachine, isSameBoot } from '../../support/boot.ts';
import { syncDir, syncFile, writeFileDurably } from '../../support/durableFile.ts';
import { CorruptLogError } from '../bus.ts';

const FILE = 'synced.json';
export const DATA_FILE = 'data.mdb';
/** Offsets in a page that holds a meta, as lmdb-js 3 writes it: header, magic, version, address, map size, two databases. */
export const MAGIC = 0xbeefc0de;
export const MAGIC_AT = 24;
export const PAGE_SIZE_AT = 48;
export const LAST_PAGE_AT = 144;
const TXN_AT = 152;
/** Behind the transaction stands the boot of the machine. */
const META_END = 168;

interface Synced {
  readonly boot: string;
  readonly pageSize: number;
  /** The meta from its magic number on, in hex. */
  readonly meta: string;
}

/** The meta of the newest commit. Nothing may be committing. */
export function newestMeta(dir: string): Synced {
  const file = openSync(join(dir, DATA_FILE), 'r');
  try {
    const first = readMeta(file, 0);
    const pageSize = first.readUInt32LE(PAGE_SIZE_AT);
    const second = readMeta(file, pageSize);
    const newest = first.readBigUInt64LE(TXN_AT) > second.readBigUInt64LE(TXN_AT) ? first : second;
    return { boot: bootOfMachine(), pageSize, meta: newest.toString('hex', MAGIC_AT) };
  } finally {
    closeSync(file);
  }
}

function readMeta(file: number, at: number): Buffer {
  const page = Buffer.alloc(META_END);
  if (readSync(file, page, 0, META_END, at) !== META_END || page.readUInt32LE(MAGIC_AT) !== MAGIC) {
    throw new CorruptLogError(`no meta page at ${at} of the journal`);
  }
  return page;
}

/** Everything up to the commit of that meta is on the disk. */
export function keepSynced(dir: string, synced: Synced): Promise<void> {
  return writeFileDurably(join(dir, FILE), `${JSON.stringify(synced)}\n`, 0o600);
}

/** The journal is on the disk to its end: there is nothing to go back to. */
export async function forgetSynced(dir: string): Promise<void> {
  if (!existsSync(join(dir, FILE))) return;
  await syncFile(join(dir, DATA_FILE));
  await rm(join(dir, FILE), { force: true });
  await syncDir(dir);
}

/** What was kept, when the machine went down since. */
function cutAfter(dir: string): Synced | undefined {
  const path = join(dir, FILE);
  if (!existsSync(path)) return undefined;
  let synced: Synced;
  try {
    synced = JSON.parse(readFileSync(path, 'utf8')) as Synced;
  } catch (cause) {
    throw new CorruptLogError(`${path} is damaged`, { cause });
  }
  return isSameBoot(synced.boot, bootOfMachine()) ? undefined : synced;
}

/** Goes back to the last commit that was synced when the machine went down behind it. Nobody may have the journal open. */
export function restoreSynced(dir: string): void {
  const synced = cutAfter(dir);
  if (synced === undefined) return;
  const meta = Buffer.from(synced.meta, 'hex');
  if (meta.length !== META_END - MAGIC_AT || meta.readUInt32LE(0) !== MAGIC) {
    throw new CorruptLogError(`${join(dir, FILE)} is damaged`);
  }
  const file = openSync(join(dir, DATA_FILE), 'r+');
  try {
    // Commit n has its meta in page n % 2; the other page is given the same one as the commit before.
    const txn = meta.readBigUInt64LE(TXN_AT - MAGIC_AT);
    for (const before of [0n, 1n]) {
      meta.writeBigUInt64LE(txn - before, TXN_AT - MAGIC_AT);
      const page = Number((txn - before) % 2n);
      writeSync(file, meta, 0, meta.length, page * synced.pageSize + MAGIC_AT);
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** For who may only read: throws when the journal has to be put right first. */
export function checkNotCut(dir: string): void {
  if (cutAfter(dir) === undefined) return;
  throw new CorruptLogError(`${dir}: the machine went down while it was written; sedax start or sedax verify goes back to what was synced`);
}
