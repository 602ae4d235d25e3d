// Keeps a partition alive: starts it, starts it anew from the log when it fails, and gives up loudly when that does not help.
import { StorageError, WrongLastSequenceError } from '../bus/bus.ts';
import type { Behaviour } from './behaviour.ts';
import { Partition, type PartitionDeps } from './partition.ts';
import { backOffMs } from './supervision.ts';

/** Starts in a row without a minute of health in between, before the process ends. */
const MAX_RESTARTS = 5;
const HEALTHY_AFTER_MS = 60_000;

export class PartitionHost<State, Input> {
  readonly #makeBehaviour: () => Behaviour<State, Input>;
  readonly #deps: Omit<PartitionDeps, 'onFailed'>;
  #partition: Partition<State, Input>;
  #failures = 0;
  #startedMs = 0;
  #stopped = false;
  restarts = 0;

  constructor(makeBehaviour: () => Behaviour<State, Input>, deps: Omit<PartitionDeps, 'onFailed'>) {
    this.#makeBehaviour = makeBehaviour;
    this.#deps = deps;
    this.#partition = this.#make();
  }

  get current(): Partition<State, Input> {
    return this.#partition;
  }

  async start(): Promise<{ readonly replayed: number; readonly children: number }> {
    this.#startedMs = this.#nowMs();
    return this.#partition.start();
  }

  stop(): Promise<void> {
    this.#stopped = true;
    return this.#partition.stop();
  }

  #make(): Partition<State, Input> {
    return new Partition(this.#makeBehaviour(), { ...this.#deps, onFailed: (error) => this.#failed(error) });
  }

  #nowMs(): number {
    return this.#deps.clock.nowUs() / 1000;
  }

  #failed(error: Error): void {
    if (this.#stopped) return;
    const { root } = this.#deps;
    const { name } = this.#partition;
    if (this.#nowMs() - this.#startedMs > HEALTHY_AFTER_MS) this.#failures = 0;
    // A disk that failed once may have lost what it acknowledged: only a new process reads what is really there.
    if (error instanceof StorageError || error instanceof WrongLastSequenceError || ++this.#failures > MAX_RESTARTS) {
      root.fatal(name, error);
      return;
    }
    this.restarts++;
    const pause = backOffMs(this.#failures);
    root.logger.warn({ stage: name, attempt: this.#failures, pauseMs: pause }, 'partition restarts from the log');
    setTimeout(() => {
      if (this.#stopped) return;
      this.#partition.dispose();
      this.#partition = this.#make();
      this.start().catch((again: unknown) => this.#failed(again as Error));
    }, pause);
  }
}
