// One process a data directory. A lock file says who holds it; a holder that is gone (kill -9, power loss) does not hold it.
// Who lives is told by pid and start time where both processes see the same pids, else by whether the file is still touched.
import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, readlinkSync, renameSync, rmSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export class DirLockedError extends Error {
  override name = 'DirLockedError';
}

const FILE = 'sedax.lock';
const TOUCH_MS = 1000;
/** A holder that can't be looked up has to touch its file within this time. */
const SILENT_MS = 3500;

interface Holder {
  readonly pid: number;
  /** Clock ticks since boot, of /proc: a pid is used again, this with it is not. '' where there is no /proc. */
  readonly started: string;
  readonly boot: string;
  /** Processes of one pid namespace see each other's pids. */
  readonly pidSpace: string;
  readonly host: string;
}

export class DirLock {
  readonly #path: string;
  readonly #content: string;
  readonly #touching: NodeJS.Timeout;

  private constructor(path: string, content: string) {
    this.#path = path;
    this.#content = content;
    this.#touching = setInterval(() => this.#touch(), TOUCH_MS).unref();
  }

  /** Rejects with DirLockedError, which says who holds it, while another process lives that does. */
  static async acquire(dir: string): Promise<DirLock> {
    const path = join(dir, FILE);
    const content = JSON.stringify(self());
    // Linked into place complete: nobody ever reads half a lock file.
    const draft = `${path}.${process.pid}.${randomBytes(6).toString('hex')}`;
    writeFileSync(draft, content, { flag: 'wx', flush: true });
    try {
      while (!link(draft, path)) {
        const found = read(path);
        if (found === undefined) continue;
        if (await isAlive(path, found)) throw new DirLockedError(lockedBy(dir, found));
        removeStale(path, found);
      }
    } finally {
      rmSync(draft, { force: true });
    }
    return new DirLock(path, content);
  }

  release(): void {
    clearInterval(this.#touching);
    if (read(this.#path) === this.#content) rmSync(this.#path, { force: true });
  }

  #touch(): void {
    const now = new Date();
    try {
      utimesSync(this.#path, now, now);
    } catch {
      // Removed by an operator: the lock is theirs to answer for, and the journal goes on.
    }
  }
}

/** False when the file is there already. */
function link(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Moves the stale file away; when another starter was faster and it is theirs already, puts it back. */
function removeStale(path: string, stale: string): void {
  const away = `${path}.stale.${process.pid}.${randomBytes(6).toString('hex')}`;
  try {
    renameSync(path, away);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (read(away) !== stale) link(away, path);
  unlinkSync(away);
}

async function isAlive(path: string, content: string): Promise<boolean> {
  const holder = parse(content);
  const me = self();
  if (holder !== undefined && holder.host === me.host && holder.boot !== me.boot) return false;
  if (holder !== undefined && holder.boot === me.boot && holder.pidSpace === me.pidSpace) {
    return exists(holder.pid) && startOf(holder.pid) === holder.started;
  }
  // Another container or machine on the same volume, or a damaged file: watch whether anybody touches it.
  const before = modified(path);
  for (let waited = 0; waited < SILENT_MS; waited += 250) {
    await sleep(250);
    if (modified(path) !== before) return true;
  }
  return false;
}

function modified(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function parse(content: string): Holder | undefined {
  try {
    return JSON.parse(content) as Holder;
  } catch {
    return undefined;
  }
}

function self(): Holder {
  return {
    pid: process.pid,
    started: startOf(process.pid),
    boot: tryRead(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pidSpace: tryRead(() => readlinkSync('/proc/self/ns/pid')),
    host: hostname(),
  };
}

/** Field 22 of /proc/<pid>/stat; the name before it may hold spaces and brackets. */
function startOf(pid: number): string {
  const stat = tryRead(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function tryRead(reading: () => string): string {
  try {
    return reading();
  } catch {
    return '';
  }
}

function lockedBy(dir: string, content: string): string {
  const holder = parse(content);
  const who = holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`;
  return `${dir} is in use by ${who}: stop it first, or start with another data directory`;
}
