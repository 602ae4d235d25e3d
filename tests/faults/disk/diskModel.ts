// What a disk may hold after a power cut: everything a completed fsync covers, and of the rest any part in any order, whole
// pages or torn ones. The name of a new file is there for sure only once its folder was synced.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type DiskRecord, Op } from './diskTrace.ts';

export type Random = () => number;
/** Contents by path. */
export type Disk = ReadonlyMap<string, Buffer>;

/** Which part of what was not synced a power cut leaves. */
export const CUTS = ['nothing', 'everything', 'pages', 'pages', 'pages', 'sectors'] as const;
export type Cut = (typeof CUTS)[number];

const PAGE = 4096;
const SECTOR = 512;
/** Of this process's life only. */
const NOT_DATA = /(^|\/)(sedax\.lock.*|lock\.mdb)$/;

interface Pending {
  readonly index: number;
  /** Undefined: a truncation to `offset`. */
  readonly data: Buffer | undefined;
  readonly offset: number;
}

class TracedFile {
  path: string;
  #content: Buffer;
  size: number;
  pending: Pending[] = [];
  /** The folder it stands in was synced since it was made. */
  named: boolean;
  /** What had its name before, until the folder is synced. */
  before: TracedFile | undefined;

  constructor(path: string, content: Buffer | undefined) {
    this.path = path;
    this.#content = content ?? Buffer.alloc(0);
    this.size = this.#content.length;
    this.named = content !== undefined;
  }

  nameSynced(): void {
    this.named = true;
    this.before = undefined;
  }

  apply({ data, offset }: Pending): void {
    if (data === undefined) {
      this.#content.fill(0, offset);
      this.size = offset;
      return;
    }
    const end = offset + data.length;
    if (end > this.#content.length) {
      const grown = Buffer.alloc(Math.max(end, this.#content.length * 2));
      this.#content.copy(grown, 0, 0, this.size);
      this.#content = grown;
    }
    data.copy(this.#content, offset);
    this.size = Math.max(this.size, end);
  }

  /** Everything recorded before the record with that index is on the disk. */
  synced(before: number): void {
    const kept: Pending[] = [];
    for (const one of this.pending) {
      if (one.index < before) this.apply(one);
      else kept.push(one);
    }
    this.pending = kept;
  }

  afterCut(cut: Cut, random: Random): Buffer {
    const file = new TracedFile(this.path, Buffer.from(this.#content.subarray(0, this.size)));
    if (cut === 'nothing') return file.bytes();
    if (cut === 'everything') {
      for (const one of this.pending) file.apply(one);
      return file.bytes();
    }
    const unit = cut === 'pages' ? PAGE : SECTOR;
    // Each unit takes the writes to it up to one of them: a disk has no order between units, and one within them.
    const left = new Map<number, number>();
    for (const { data, offset } of this.pending) {
      for (let at = Math.floor(offset / unit); data !== undefined && at * unit < offset + data.length; at++) {
        left.set(at, (left.get(at) ?? 0) + 1);
      }
    }
    for (const [at, writes] of left) left.set(at, Math.floor(random() * (writes + 1)));
    for (const { data, offset, index } of this.pending) {
      if (data === undefined) {
        if (random() < 0.5) file.apply({ data, offset, index });
        continue;
      }
      for (let at = Math.floor(offset / unit); at * unit < offset + data.length; at++) {
        const writes = left.get(at)!;
        if (writes === 0) continue;
        left.set(at, writes - 1);
        const from = Math.max(offset, at * unit);
        const to = Math.min(offset + data.length, (at + 1) * unit);
        file.apply({ index, offset: from, data: data.subarray(from - offset, to - offset) });
      }
    }
    return file.bytes();
  }

  bytes(): Buffer {
    return this.#content.subarray(0, this.size);
  }
}

/** Plays a recording forward over what the disk held at its start. */
export class DiskModel {
  readonly #records: readonly DiskRecord[];
  readonly #files = new Map<string, TracedFile>();
  readonly #byNumber = new Map<number, TracedFile>();
  readonly #syncs = new Map<number, number>();
  readonly #folders = new Map<string, boolean>();
  #at = 0;

  constructor(records: readonly DiskRecord[], before: Disk) {
    this.#records = records;
    for (const [path, content] of before) {
      this.#files.set(path, new TracedFile(path, content));
      this.#folders.set(dirname(path), true);
    }
    this.#folders.set('.', true);
  }

  /** Plays the records before the one with that index. */
  playTo(index: number): void {
    for (; this.#at < index; this.#at++) this.#play(this.#records[this.#at]!, this.#at);
  }

  #play({ op, file, offset, data }: DiskRecord, index: number): void {
    if (op === Op.DIR_MADE) {
      this.#folders.set(data.toString(), data.toString() === '.');
      return;
    }
    if (op === Op.FILE_NAMED) {
      const path = data.toString();
      const known = this.#files.get(path) ?? new TracedFile(path, undefined);
      this.#files.set(path, known);
      this.#byNumber.set(file, known);
      return;
    }
    const traced = this.#byNumber.get(file);
    if (traced === undefined) throw new Error(`record ${index} is of an unnamed file`);
    if (op === Op.RENAMED) this.#rename(traced, data.toString());
    else if (op === Op.WRITTEN) traced.pending.push({ index, offset, data });
    else if (op === Op.TRUNCATED) traced.pending.push({ index, offset, data: undefined });
    else if (op === Op.WRITTEN_THROUGH) {
      // On the disk at once, and so is what the same place held before.
      traced.pending = traced.pending.filter((one) => !inside(one, offset, data.length));
      traced.apply({ index, offset, data });
    } else if (op === Op.SYNC_BEGUN) this.#syncs.set(offset, index);
    else if (op === Op.SYNC_ENDED) {
      traced.synced(this.#syncs.get(offset)!);
      this.#namesSynced(traced.path);
    }
  }

  /** What had the name before still has it, on the disk, until the folder is synced. The name left behind is no data. */
  #rename(file: TracedFile, path: string): void {
    if (NOT_DATA.test(path)) return;
    const before = this.#files.get(path);
    this.#files.delete(file.path);
    file.path = path;
    file.named = false;
    file.before = before?.named === false ? before.before : before;
    this.#files.set(path, file);
  }

  /** A folder was synced: the names in it are there. */
  #namesSynced(folder: string): void {
    if (!this.#folders.has(folder)) return;
    for (const one of this.#files.values()) if (dirname(one.path) === folder) one.nameSynced();
    for (const path of this.#folders.keys()) if (path !== '.' && dirname(path) === folder) this.#folders.set(path, true);
  }

  /** What is found when the power comes back. */
  cut(cut: Cut, random: Random): Disk {
    const disk = new Map<string, Buffer>();
    for (const file of this.#files.values()) {
      if (NOT_DATA.test(file.path) || this.#folders.has(file.path)) continue;
      const named = file.named && this.#folders.get(dirname(file.path)) === true;
      const there = named || cut === 'everything' || (cut !== 'nothing' && random() < 0.5);
      const found = there ? file : file.before;
      if (found !== undefined) disk.set(file.path, found.afterCut(cut, random));
    }
    return disk;
  }
}

function inside(one: Pending, offset: number, length: number): boolean {
  return one.data !== undefined && one.offset >= offset && one.offset + one.data.length <= offset + length;
}

export function writeDisk(dir: string, disk: Disk): void {
  mkdirSync(dir, { recursive: true });
  for (const [path, content] of disk) {
    mkdirSync(join(dir, dirname(path)), { recursive: true });
    writeFileSync(join(dir, path), content, { mode: 0o600 });
  }
}
