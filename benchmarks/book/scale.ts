// How throughput depends on how many orders rest, and what a resting order weighs. The sizes take turns, so that a slow hour of
// the machine is slow for all of them.
import { median } from '../measure/statistics.ts';
import { BareBook, type RestingBook, WholeMarket } from './books.ts';
import { Reach, RestingFlow } from './restingFlow.ts';

export interface ScaleRow {
  readonly what: 'book' | 'market';
  readonly reach: Reach;
  readonly resting: number;
  /** Medians over the rounds. */
  readonly messagesPerSecond: number;
  readonly nsEach: number;
  /** The best round: the nearest to a machine of one's own. */
  readonly bestNsEach: number;
}

export interface ScaleOptions {
  readonly sizes: readonly number[];
  readonly rounds: number;
  /** A round. */
  readonly messages: number;
}

export function benchmarkScale(what: 'book' | 'market', reach: Reach, { sizes, rounds, messages }: ScaleOptions): ScaleRow[] {
  const flows = sizes.map((size) => new RestingFlow(what === 'book' ? new BareBook() : new WholeMarket(), size, reach));
  const ns: number[][] = sizes.map(() => []);
  for (const flow of flows) flow.run(messages);
  for (let round = 0; round < rounds; round++) {
    flows.forEach((flow, i) => {
      ns[i]!.push((flow.run(messages) / messages) * 1e9);
    });
  }
  return sizes.map((resting, i) => {
    const typical = median(ns[i]!);
    return {
      what,
      reach,
      resting,
      messagesPerSecond: Math.round(1e9 / typical),
      nsEach: Math.round(typical),
      bestNsEach: Math.round(Math.min(...ns[i]!)),
    };
  });
}

export interface WeightRow {
  readonly what: 'book' | 'market';
  readonly resting: number;
  /** Heap and array buffers together. */
  readonly bytesPerOrder: number;
}

/** Needs --expose-gc. */
export function benchmarkWeight(what: 'book' | 'market', resting: number): WeightRow {
  const before = bytesInUse();
  const book: RestingBook = what === 'book' ? new BareBook() : new WholeMarket();
  const flow = new RestingFlow(book, resting, Reach.ANYWHERE);
  const bytes = bytesInUse() - before - resting * Float64Array.BYTES_PER_ELEMENT;
  // Both live until here.
  flow.run(2);
  if (book.size !== resting) throw new Error('orders are missing');
  return { what, resting, bytesPerOrder: Math.round(bytes / resting) };
}

function bytesInUse(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
