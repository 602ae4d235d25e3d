import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DirLock, DirLockedError } from './dirLock.ts';
import { MemoryBus } from './memoryBus.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sedax-lock-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));
const file = (): string => join(dir, 'sedax.lock');

test('one holder at a time, and the error says who', async () => {
  const lock = await DirLock.acquire(dir);
  await expect(DirLock.acquire(dir)).rejects.toBeInstanceOf(DirLockedError);
  await expect(DirLock.acquire(dir)).rejects.toThrow(`in use by process ${process.pid}`);
  lock.release();
  expect(existsSync(file())).toBe(false);
  (await DirLock.acquire(dir)).release();
});

test('a journal is opened once', async () => {
  const options = { journal: { dir, durability: 'always', intervalMs: 10 } } as const;
  const bus = await MemoryBus.open(options);
  await expect(MemoryBus.open(options)).rejects.toBeInstanceOf(DirLockedError);
  await bus.close();
  await (await MemoryBus.open(options)).close();
});

test('a holder that was killed holds nothing', async () => {
  const lock = await DirLock.acquire(dir);
  const content = readFileSync(file(), 'utf8');
  lock.release();
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const alive = { ...(JSON.parse(content) as object), pid: child.pid, started: startOf(child.pid!) };
  writeFileSync(file(), JSON.stringify(alive));
  await expect(DirLock.acquire(dir)).rejects.toThrow(`process ${child.pid}`);
  const gone = new Promise((resolve) => child.on('exit', resolve));
  child.kill('SIGKILL');
  await gone;
  (await DirLock.acquire(dir)).release();
});

test('a pid that was used again is not the holder', async () => {
  const lock = await DirLock.acquire(dir);
  const content = readFileSync(file(), 'utf8');
  lock.release();
  writeFileSync(file(), JSON.stringify({ ...(JSON.parse(content) as object), started: '1' }));
  (await DirLock.acquire(dir)).release();
});

test('after a reboot of the same machine nobody holds it', async () => {
  const lock = await DirLock.acquire(dir);
  const content = readFileSync(file(), 'utf8');
  lock.release();
  writeFileSync(file(), JSON.stringify({ ...(JSON.parse(content) as object), boot: 'another' }));
  (await DirLock.acquire(dir)).release();
});

test('a holder on another machine is alive while its file is touched', async () => {
  writeFileSync(file(), JSON.stringify({ pid: 1, started: '1', boot: 'b', pidSpace: 'p', host: 'elsewhere' }));
  const touching = setInterval(() => utimesSync(file(), new Date(), new Date()), 50);
  await expect(DirLock.acquire(dir)).rejects.toThrow('process 1 on elsewhere');
  clearInterval(touching);
  (await DirLock.acquire(dir)).release();
});

test('of many who find a stale lock, one takes it', async () => {
  const lock = await DirLock.acquire(dir);
  const content = readFileSync(file(), 'utf8');
  lock.release();
  for (let round = 0; round < 20; round++) {
    writeFileSync(file(), JSON.stringify({ ...(JSON.parse(content) as object), started: '1' }));
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => DirLock.acquire(dir)));
    const taken = results.filter((result) => result.status === 'fulfilled');
    expect(taken).toHaveLength(1);
    taken[0]!.value.release();
  }
});

function startOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!;
}
