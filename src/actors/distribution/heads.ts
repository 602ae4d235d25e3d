// How far the logs are now. What a client was told is in a log, so a reader that has reached the heads as of a question
// has seen everything that anybody was told before it was asked.
import type { Bus } from '../../bus/bus.ts';

export class Heads {
  readonly #bus: Bus;
  readonly #streams: readonly string[];
  #running: Promise<Readonly<Record<string, number>>> | undefined;
  #next: Promise<Readonly<Record<string, number>>> | undefined;

  constructor(bus: Bus, streams: readonly string[]) {
    this.#bus = bus;
    this.#streams = streams;
  }

  /** Asked for while a look is under way, it shares the next one: many questions cost two looks, not one each. */
  now(): Promise<Readonly<Record<string, number>>> {
    if (this.#running === undefined) return this.#look();
    this.#next ??= this.#running.then(
      () => this.#look(),
      () => this.#look(),
    );
    return this.#next;
  }

  #look(): Promise<Readonly<Record<string, number>>> {
    this.#next = undefined;
    const look = Promise.all(
      this.#streams.map(async (stream) => [stream, (await this.#bus.streamInfo(stream)).lastSequence] as const),
    ).then((heads) => Object.fromEntries(heads));
    this.#running = look;
    const done = (): void => {
      if (this.#running === look) this.#running = undefined;
    };
    look.then(done, done);
    return look;
  }
}
