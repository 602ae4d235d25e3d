// A real sedax in a process of its own, for tests that kill it.
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../bin/sedax.js', import.meta.url));
/** A machine that others keep busy may need more. */
const START_TIMEOUT_MS = Number(process.env.START_TIMEOUT_MS ?? 120_000);

export interface DemoKey {
  readonly name: string;
  readonly accountId: number;
  readonly apiKey: string;
  readonly secret: string;
}

export class SedaxProcess {
  readonly url: string;
  readonly output: string[];
  readonly #child: ChildProcess;
  readonly exited: Promise<number | null>;

  private constructor(child: ChildProcess, url: string, output: string[], exited: Promise<number | null>) {
    this.#child = child;
    this.url = url;
    this.output = output;
    this.exited = exited;
  }

  /** Resolves once it says it is ready; rejects with what it printed when it does not get there. */
  static async start(dataDir: string, env: Readonly<Record<string, string>> = {}): Promise<SedaxProcess> {
    const child = spawn(process.execPath, [BIN, 'start'], {
      env: {
        ...process.env,
        SEDAX_HTTP_PORT: '0',
        SEDAX_DATA_DIR: dataDir,
        SEDAX_LOG_LEVEL: 'warn',
        SEDAX_HTTP_RATE_LIMIT_REQUESTS_PER_SECOND: '0',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output: string[] = [];
    const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    const url = await new Promise<string>((resolve, reject) => {
      const timeout = setTimeout(() => {
        child.kill('SIGKILL');
        reject(new Error(`not ready in time:\n${output.join('')}`));
      }, START_TIMEOUT_MS);
      const take = (chunk: Buffer): void => {
        output.push(chunk.toString());
        const ready = /sedax is ready at (\S+)/.exec(output.join(''));
        if (ready === null) return;
        clearTimeout(timeout);
        resolve(ready[1] as string);
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      void exited.then((code) => reject(new Error(`exited with ${code} before it was ready:\n${output.join('')}`)));
    });
    return new SedaxProcess(child, url, output, exited);
  }

  /** Memory it holds now, bytes; 0 where there is no /proc. */
  residentBytes(): number {
    try {
      return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
    } catch {
      return 0;
    }
  }

  /** Files and sockets it has open; 0 where there is no /proc. */
  openDescriptors(): number {
    try {
      return readdirSync(`/proc/${this.#child.pid}/fd`).length;
    } catch {
      return 0;
    }
  }

  /** SIGKILL: no chance to flush anything. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  /** SIGTERM; resolves with the exit code. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    return this.exited;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }
}

export function demoKeys(dataDir: string): readonly DemoKey[] {
  return JSON.parse(readFileSync(join(dataDir, 'demo-keys.json'), 'utf8')) as readonly DemoKey[];
}

export function adminToken(dataDir: string): string {
  return readFileSync(join(dataDir, 'admin-token'), 'utf8').trim();
}

/** Runs a CLI command to its end. */
export async function cli(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(process.execPath, [BIN, ...args], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { code, output };
}
