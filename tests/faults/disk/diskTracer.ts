// Runs a process under diskTrace.c. Needs Linux and a C compiler; says so where they are missing.
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('diskTrace.c', import.meta.url));
const CACHE = fileURLToPath(new URL('../../../.cache/faults/', import.meta.url));

/** Why this machine can't trace, or undefined when it can. */
export function whyNoTracer(): string | undefined {
  if (process.platform !== 'linux') return `the disk is traced with LD_PRELOAD on Linux, not on ${process.platform}`;
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'no C compiler (cc) to build the disk tracer with';
  }
}

export function buildTracer(): string {
  mkdirSync(CACHE, { recursive: true });
  const library = join(CACHE, 'diskTrace.so');
  const built = statSync(library, { throwIfNoEntry: false });
  if (built === undefined || built.mtimeMs < statSync(SOURCE).mtimeMs) {
    execFileSync('cc', ['-O2', '-Wall', '-shared', '-fPIC', '-o', library, SOURCE, '-ldl', '-lpthread'], { stdio: 'inherit' });
  }
  return library;
}

/** Environment of a process that finds the machine started again. `file` is written to hold another boot id. */
export function afterPowerCut(library: string, file: string): Record<string, string> {
  writeFileSync(file, `${randomUUID()}\n`);
  return { LD_PRELOAD: library, DISK_BOOT_FILE: file };
}

/** Environment of a process to trace. With syncUs an fsync is a pause of up to so long. */
export function traced(library: string, dir: string, trace: string, syncUs: number): Record<string, string> {
  return {
    LD_PRELOAD: library,
    DISK_TRACE_DIR: dir,
    DISK_TRACE_FILE: trace,
    DISK_TRACE_SYNC_US: String(syncUs),
    // The tracer sees calls of the C library, not a ring shared with the kernel.
    UV_USE_IO_URING: '0',
  };
}
