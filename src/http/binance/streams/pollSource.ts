// A stream that says at a fixed pace how things stand: tickers, average price, partial book depth.
import type { TimePrinter } from '../timeUnit.ts';
import type { Channel } from './channel.ts';
import type { StreamSource } from './streamSource.ts';

export class PollSource implements StreamSource {
  readonly everyTicks: number;
  readonly #channel: Channel;
  /** Reads what is to be told, once; the renderer it returns may run once per time unit. */
  readonly #read: (nowUs: number) => (time: TimePrinter) => string;

  constructor(channel: Channel, everyTicks: number, read: (nowUs: number) => (time: TimePrinter) => string) {
    this.#channel = channel;
    this.everyTicks = everyTicks;
    this.#read = read;
  }

  onTick(nowUs: number): void {
    this.#channel.publish(this.#read(nowUs));
  }
}
