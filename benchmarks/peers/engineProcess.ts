// An engine in its process, asked for one run at a time.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { EngineRunner } from './comparison.ts';
import { EXCHANGE_CORE, exchangeCoreFolder } from './engines.ts';
import type { RunAnswer, RunRequest } from './worker.ts';

const WORKER = fileURLToPath(new URL('./worker.js', import.meta.url));

export class EngineProcess implements EngineRunner {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(name: string) {
    this.name = name;
    const [command, args, cwd] =
      name === EXCHANGE_CORE
        ? ['java', ['-cp', 'classes:lib/*', 'ExchangeCoreDriver'], exchangeCoreFolder()]
        : [process.execPath, [WORKER, name], process.cwd()];
    this.#child = spawn(command, args, { cwd, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  async run(request: RunRequest): Promise<RunAnswer> {
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    const line = await this.#lines.next();
    if (line.done === true) throw new Error(`${this.name} ended`);
    return JSON.parse(line.value) as RunAnswer;
  }

  close(): void {
    this.#child.stdin!.end();
    this.#child.kill();
  }
}
