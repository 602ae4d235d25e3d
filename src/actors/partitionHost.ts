// Keeps a partition alive: starts it, starts it anew from the log when it fails, and gives up loudly when that does not help.
// Past one process a partition that lost its stream is let go instead: its placement decides who works it next.
import { StorageError, WrongLastSequenceError } from '../bus/bus.ts';
import type { Behaviour } from './behaviour.ts';
import { LeaseLostError } from './leaseErrors.ts';
import { Partition } from './partition.ts';
import type { PartitionDeps } from './partitionDeps.ts';
import { backOffMs } from './supervision.ts';

/** Starts in a row without a minute of health in between, before the process ends. */
const MAX_RESTARTS = 5;
const HEALTHY_AFTER_MS = 60_000;

export interface PartitionHostDeps extends Omit<PartitionDeps, 'onFailed'> {
  /**
   * Hears that the partition failed or has another writer and was let go; it should not be started again here before the
   * pause is over. Absent, one process writes everything, and another writer means that it cannot go on.
   */
  readonly onLost?: (pauseMs: number) => void;
}

export class PartitionHost<State, Input> {
  readonly #makeBehaviour: () => Behaviour<State, Input>;
  readonly #deps: PartitionHostDeps;
  /** What the partition is, whether it runs here or not. */
  readonly behaviour: Behaviour<State, Input>;
  #partition: Partition<State, Input> | undefined;
  #started = false;
  #failures = 0;
  #startedMs = 0;
  #stopped = false;
  restarts = 0;

  constructor(makeBehaviour: () => Behaviour<State, Input>, deps: PartitionHostDeps) {
    this.#makeBehaviour = makeBehaviour;
    this.#deps = deps;
    this.behaviour = makeBehaviour();
  }

  get name(): string {
    return `${this.behaviour.stage}-${this.behaviour.partition}`;
  }

  /** Worked by this process, be it that it is being started again; undefined once it was stopped. */
  get held(): Partition<State, Input> | undefined {
    return this.#partition;
  }

  /** Throws when the partition is not worked by this process. */
  get current(): Partition<State, Input> {
    if (this.#partition === undefined) throw new Error(`${this.name} is not worked by this process`);
    return this.#partition;
  }

  /** Recovered and at work here. */
  get running(): Partition<State, Input> | undefined {
    return this.#started ? this.#partition : undefined;
  }

  /** Rejects with LeaseHeldError while another process writes the stream. */
  async start(): Promise<{ readonly replayed: number; readonly children: number }> {
    this.#stopped = false;
    this.#startedMs = this.#nowMs();
    const partition = this.#make();
    this.#partition = partition;
    try {
      const facts = await partition.start();
      this.#started = true;
      return facts;
    } catch (error) {
      this.#drop(partition);
      throw error;
    }
  }

  /** Finishes what is queued, persists it and gives the stream free. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const partition = this.#partition;
    this.#started = false;
    await partition?.stop();
    this.#partition = undefined;
  }

  #make(): Partition<State, Input> {
    const partition: Partition<State, Input> = new Partition(this.#makeBehaviour(), {
      ...this.#deps,
      onFailed: (error) => this.#failed(partition, error),
    });
    return partition;
  }

  #drop(partition: Partition<State, Input>): void {
    partition.dispose();
    if (this.#partition !== partition) return;
    this.#partition = undefined;
    this.#started = false;
  }

  #nowMs(): number {
    return this.#deps.clock.nowUs() / 1000;
  }

  #failed(partition: Partition<State, Input>, error: Error): void {
    // During its start the start itself says so.
    if (this.#stopped || partition !== this.#partition || !this.#started) return;
    if (this.#nowMs() - this.#startedMs > HEALTHY_AFTER_MS) this.#failures = 0;
    if (this.#deps.onLost === undefined) this.#restart(partition, error);
    else this.#letGo(partition, error, this.#deps.onLost);
  }

  /** Alone: nobody else may write the stream, and nobody else can go on. */
  #restart(partition: Partition<State, Input>, error: Error): void {
    // A disk that failed once may have lost what it acknowledged: only a new process reads what is really there.
    if (error instanceof StorageError || error instanceof WrongLastSequenceError || ++this.#failures > MAX_RESTARTS) {
      this.#deps.root.fatal(this.name, error);
      return;
    }
    // From here on only its start says how it went: else a lease lost meanwhile would start it twice.
    this.#started = false;
    const pause = this.#noteRestart();
    setTimeout(() => {
      if (this.#stopped) return;
      partition.dispose();
      this.start().catch((again: unknown) => {
        if (this.#stopped) return;
        this.#partition ??= partition;
        this.#restart(partition, again as Error);
      });
    }, pause);
  }

  /** Among others: whoever it falls to now, this process or another, recovers it from the log. */
  #letGo(partition: Partition<State, Input>, error: Error, onLost: (pauseMs: number) => void): void {
    const { root } = this.#deps;
    this.#drop(partition);
    if (error instanceof WrongLastSequenceError || error instanceof LeaseLostError) {
      root.logger.warn({ stage: this.name, reason: error.message }, 'partition let go: another process is its writer now');
      onLost(0);
    } else if (error instanceof StorageError || ++this.#failures > MAX_RESTARTS) root.fatal(this.name, error);
    else onLost(this.#noteRestart());
  }

  #noteRestart(): number {
    this.restarts++;
    const pauseMs = backOffMs(this.#failures);
    this.#deps.root.logger.warn({ stage: this.name, attempt: this.#failures, pauseMs }, 'partition restarts from the log');
    return pauseMs;
  }
}
