// The newest positions of the logs, for queries that must reflect them. Reading them costs a call a stream, so those who ask
// while it is done share the next reading.
import type { Bus } from './bus.ts';

/** Last sequence of each stream. */
type Positions = Readonly<Record<string, number>>;

export class LogHeads {
  readonly #bus: Bus;
  readonly #streams: readonly string[];
  #reading: Promise<Positions> | undefined;
  #next: Promise<Positions> | undefined;

  constructor(bus: Bus, streams: readonly string[]) {
    this.#bus = bus;
    this.#streams = streams;
  }

  /** Last sequence of each stream, read after this call was made. */
  now(): Promise<Positions> {
    if (this.#reading === undefined) {
      this.#reading = this.#read().finally(() => {
        this.#reading = undefined;
      });
      return this.#reading;
    }
    // What is being read now may be older than this call.
    const next = (): Promise<Positions> => {
      this.#next = undefined;
      return this.now();
    };
    this.#next ??= this.#reading.then(next, next);
    return this.#next;
  }

  async #read(): Promise<Positions> {
    const heads = await Promise.all(
      this.#streams.map(async (stream) => [stream, (await this.#bus.streamInfo(stream)).lastSequence] as const),
    );
    return Object.fromEntries(heads);
  }
}
