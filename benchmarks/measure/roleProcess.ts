// `sedax start --role ...` in a process of its own, as an operator starts it.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's folder: above this file, compiled or not. */
function packageDir(): string {
  for (let dir = dirname(fileURLToPath(import.meta.url)); ; dir = dirname(dir)) {
    if (existsSync(join(dir, 'bin', 'sedax.js'))) return dir;
    if (dir === dirname(dir)) throw new Error('bin/sedax.js is nowhere above the benchmark');
  }
}

export class RoleProcess {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;
  #stopping = false;

  private constructor(name: string, child: ChildProcess, ended: Promise<string>) {
    this.name = name;
    this.#child = child;
    this.#ended = ended;
  }

  /**
   * Resolves when it says that it is ready. A process that ends before it is told to fails the benchmark. `nodeFlags`: node's own, for
   * instance those of `npm start`.
   */
  static async start(
    name: string,
    roles: string,
    env: Readonly<Record<string, string>>,
    nodeFlags: readonly string[] = [],
  ): Promise<RoleProcess> {
    const child = spawn(process.execPath, [...nodeFlags, join(packageDir(), 'bin', 'sedax.js'), 'start', '--role', roles], {
      env: { ...process.env, ...env, SEDAX_PROCESS: name, SEDAX_HTTP_PORT: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    const ended = new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => resolve(`${name} ended with ${signal ?? code}: ${said.slice(-4_000)}`));
    });
    const started = new RoleProcess(name, child, ended);
    await new Promise<void>((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        said += chunk.toString();
        if (said.includes('sedax is ready')) resolve();
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      void ended.then((why) => reject(new Error(why)));
    });
    void ended.then((why) => {
      if (!started.#stopping) throw new Error(why);
    });
    return started;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** SIGTERM: hands over. Throws unless it ended well. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#child.kill('SIGTERM');
    const how = await this.#ended;
    if (!how.startsWith(`${this.name} ended with 0`)) throw new Error(how);
  }

  async kill(): Promise<void> {
    this.#stopping = true;
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

/** Processor time of a process so far, all its threads, in microseconds; on Linux, 0 elsewhere. */
export function cpuMicrosOf(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  } catch {
    return 0;
  }
}
