// A stage that only reads (push, history): follows streams from a position, hands batches to its actor, one batch of each
// stream at a time, and knows how far it is.
import type { Bus, BusMessage, Reader } from '../bus/bus.ts';
import { type ActorRef, type ActorRoot, type CrashDecision, type Parent, send, stopActor } from './supervision.ts';

export interface ConsumerOptions {
  readonly name: string;
  readonly streams: readonly { readonly stream: string; readonly position: number }[];
  readonly maxBatch: number;
  /** Resolves when the message can be understood here; undefined = at once. @default at once */
  readonly ready?: (message: BusMessage) => Promise<void> | undefined;
  /** In the actor. A batch counts as consumed when this returned (or resolved). */
  readonly handle: (stream: string, messages: readonly BusMessage[]) => void | Promise<void>;
  /**
   * After a throw in handle: mends the state and takes the batch in, or throws when it cannot, which ends the process.
   */
  readonly recover: (stream: string, messages: readonly BusMessage[], error: Error) => Promise<void>;
}

interface Delivery {
  readonly stream: string;
  readonly messages: readonly BusMessage[];
  readonly done: () => void;
}

interface Waiter {
  readonly stream: string;
  readonly sequence: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class LogConsumer {
  readonly #root: ActorRoot;
  readonly #options: ConsumerOptions;
  readonly #bus: Bus;
  readonly #actor: ActorRef<Delivery>;
  readonly #positions = new Map<string, number>();
  readonly #readers: Reader[] = [];
  readonly #loops: Promise<void>[] = [];
  #waiters: Waiter[] = [];
  /** The actor has each stream's batch; it may stop with them. */
  readonly #underWay = new Map<string, (error: Error) => void>();
  #failure: Error | undefined;
  processed = 0;
  restarts = 0;

  constructor(bus: Bus, root: ActorRoot, parent: Parent, options: ConsumerOptions) {
    this.#bus = bus;
    this.#root = root;
    this.#options = options;
    this.#actor = root.spawnStage<undefined, Delivery>(parent, {
      name: options.name,
      initialState: () => undefined,
      handle: (_state, { stream, messages, done }) => {
        const handled = options.handle(stream, messages);
        if (handled === undefined) {
          done();
          return undefined;
        }
        return handled.then(() => {
          done();
          return undefined;
        });
      },
      onCrash: async (delivery, error): Promise<CrashDecision> => {
        this.restarts++;
        if (delivery !== undefined) {
          try {
            await options.recover(delivery.stream, delivery.messages, error);
          } catch (failure) {
            this.#fail(failure as Error);
            throw failure;
          }
          delivery.done();
        }
        return 'reset';
      },
    });
    for (const { stream, position } of options.streams) this.#positions.set(stream, position);
  }

  start(): void {
    for (const { stream, position } of this.#options.streams) {
      const reader = this.#bus.read(stream, {
        fromSequence: position + 1,
        maxBatch: this.#options.maxBatch,
        name: this.#options.name,
      });
      this.#readers.push(reader);
      this.#loops.push(this.#follow(stream, reader).catch((error: unknown) => this.#fail(error as Error)));
    }
  }

  position(stream: string): number {
    return this.#positions.get(stream) ?? 0;
  }

  get positions(): ReadonlyMap<string, number> {
    return this.#positions;
  }

  /** Rejects with what the consumer failed with, when it will not come to that. */
  whenConsumed(stream: string, sequence: number): Promise<void> {
    if (sequence <= (this.#positions.get(stream) ?? sequence)) return Promise.resolve();
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => this.#waiters.push({ stream, sequence, resolve, reject }));
  }

  /** Ends the process, and every wait: nothing here may hold up its stop. */
  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    for (const failed of this.#underWay.values()) failed(error);
    for (const { reject } of this.#waiters.splice(0)) reject(error);
    this.#root.fatal(this.#options.name, error);
  }

  async stop(): Promise<void> {
    for (const reader of this.#readers) reader.close();
    await Promise.all(this.#loops);
    stopActor(this.#actor as ActorRef<never>);
  }

  async #follow(stream: string, reader: Reader): Promise<void> {
    for (;;) {
      const messages = await reader.next();
      const last = messages[messages.length - 1];
      if (last === undefined) return;
      // What the last one needs, those before it need at most.
      await this.#options.ready?.(last);
      if (this.#failure !== undefined) return;
      await new Promise<void>((done, failed) => {
        this.#underWay.set(stream, failed);
        send(this.#actor, { stream, messages, done });
      });
      this.#underWay.delete(stream);
      this.#positions.set(stream, last.sequence);
      this.processed += messages.length;
      if (this.#waiters.length === 0) continue;
      this.#waiters = this.#waiters.filter((waiter) => {
        if (waiter.stream !== stream || waiter.sequence > last.sequence) return true;
        waiter.resolve();
        return false;
      });
    }
  }
}
