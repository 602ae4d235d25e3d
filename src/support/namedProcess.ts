// A program kept running under a name, for development: its lines come out with the name in front, it is started again when
// it ends by itself, and it ends when it is told to.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface NamedProcessOptions {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
  /** Pause before it is started again; doubles with every end that follows soon. @default 1000 */
  readonly restartMs?: number;
}

const RESTART_MAX_MS = 15_000;
/** Whoever has lived this long starts with a clean slate. */
const STEADY_MS = 30_000;

export class NamedProcess {
  readonly name: string;
  readonly #options: NamedProcessOptions;
  #child: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #pauseMs: number;
  #stopping = false;

  constructor(options: NamedProcessOptions) {
    this.#options = options;
    this.name = options.name;
    this.#pauseMs = options.restartMs ?? 1000;
    this.#start();
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** SIGTERM, and SIGKILL when it takes longer than `withinMs`. Resolves when it is gone. */
  async stop(withinMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    const timeout = setTimeout(() => child.kill('SIGKILL'), withinMs);
    child.kill('SIGTERM');
    await gone;
    clearTimeout(timeout);
  }

  #start(): void {
    const { args, env, onLine } = this.#options;
    const startedMs = performance.now();
    // In a process group of its own: Ctrl-C is for whoever started it, who says in which order all end.
    const child = spawn(process.execPath, [...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', onLine);
    child.once('error', (error) => onLine(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => {
      if (this.#stopping) return;
      if (performance.now() - startedMs > STEADY_MS) this.#pauseMs = this.#options.restartMs ?? 1000;
      onLine(`ended with ${signal ?? `code ${code}`}; starting again in ${this.#pauseMs} ms`);
      this.#restart = setTimeout(() => this.#start(), this.#pauseMs);
      this.#pauseMs = Math.min(RESTART_MAX_MS, this.#pauseMs * 2);
    });
  }
}
