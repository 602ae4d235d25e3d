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

export class LogConsumer {
  readonly #root: ActorRoot;
  readonly #options: ConsumerOptions;
  readonly #bus: Bus;
  readonly #actor: ActorRef<Delivery>;
  readonly #positions = new Map<string, number>();
  readonly #readers: Reader[] = [];
  readonly #loops: Promise<void>[] = [];
  #waiters: { readonly stream: string; readonly sequence: number; readonly resolve: () => void }[] = [];
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
          await options.recover(delivery.stream, delivery.messages, error);
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
      this.#loops.push(this.#follow(stream, reader).catch((error: unknown) => this.#root.fatal(this.#options.name, error as Error)));
    }
  }

  position(stream: string): number {
    return this.#positions.get(stream) ?? 0;
  }

  get positions(): ReadonlyMap<string, number> {
    return this.#positions;
  }

  whenConsumed(stream: string, sequence: number): Promise<void> {
    if (sequence <= (this.#positions.get(stream) ?? sequence)) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ stream, sequence, resolve }));
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
      await new Promise<void>((done) => send(this.#actor, { stream, messages, done }));
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
