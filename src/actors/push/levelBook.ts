// The order book as price levels: what depth, bookTicker and market sweeps are answered from.
// In: changes of the lots shown at a price. Out: best prices at once, levels best first, the levels that changed.
// Knows nothing of orders and update ids.
import { InvariantError } from '../../domain/assert.ts';
import { Side } from '../../domain/orderTerms.ts';
import type { Level } from '../../ports/marketData.ts';

/** A level's place: ascending rank is better, so that the best levels stand at the end of the last chunk. */
interface LevelCell {
  readonly ticks: number;
  readonly rank: number;
  lots: number;
  /** The recording that already holds this level. */
  recording: number;
  lotsBefore: number;
}

/** Levels of one chunk: inserting moves at most this many. */
const CHUNK_LEVELS_MAX = 512;

/** One side. A map finds a level by price; sorted chunks of levels order them, worst first. */
class LevelSide {
  readonly #sign: 1 | -1;
  readonly #byTicks = new Map<number, LevelCell>();
  readonly #chunks: LevelCell[][] = [[]];
  #levels = 0;
  #best: LevelCell | undefined;
  #recording = 0;
  #recordingOn = false;
  #changed: LevelCell[] = [];

  constructor(sign: 1 | -1) {
    this.#sign = sign;
  }

  get levels(): number {
    return this.#levels;
  }

  get bestTicks(): number {
    return this.#best?.ticks ?? 0;
  }

  get bestLots(): number {
    return this.#best?.lots ?? 0;
  }

  lotsAt(ticks: number): number {
    return this.#byTicks.get(ticks)?.lots ?? 0;
  }

  add(ticks: number, lots: number): void {
    this.#change(ticks, this.#byTicks.get(ticks), lots);
  }

  set(ticks: number, lots: number): void {
    const cell = this.#byTicks.get(ticks);
    this.#change(ticks, cell, lots - (cell?.lots ?? 0));
  }

  #change(ticks: number, known: LevelCell | undefined, deltaLots: number): void {
    if (deltaLots === 0) return;
    let cell = known;
    if (cell === undefined) {
      cell = { ticks, rank: ticks * this.#sign, lots: 0, recording: 0, lotsBefore: 0 };
      this.#byTicks.set(ticks, cell);
    }
    const before = cell.lots;
    if (this.#recordingOn && cell.recording !== this.#recording) {
      cell.recording = this.#recording;
      cell.lotsBefore = before;
      this.#changed.push(cell);
    }
    const after = before + deltaLots;
    // Not assert(): its message would be put together every time.
    if (after < 0) throw new InvariantError(`a level shows ${after} lots at ${ticks} ticks`);
    cell.lots = after;
    if (before === 0) this.#insert(cell);
    else if (after === 0) this.#remove(cell);
  }

  /** Position of the chunk whose range holds the rank. The hot end of the book is looked at first. */
  #chunkOf(rank: number): number {
    let high = this.#chunks.length - 1;
    if (high === 0 || rank >= (this.#chunks[high] as LevelCell[])[0]!.rank) return high;
    let low = 0;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#chunks[middle] as LevelCell[])[0]!.rank <= rank) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** First place in the chunk whose rank is not below. */
  #placeIn(chunk: readonly LevelCell[], rank: number): number {
    let low = 0;
    let high = chunk.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (chunk[middle]!.rank < rank) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insert(cell: LevelCell): void {
    const at = this.#chunkOf(cell.rank);
    const chunk = this.#chunks[at] as LevelCell[];
    const place = this.#placeIn(chunk, cell.rank);
    if (place === chunk.length) chunk.push(cell);
    else chunk.splice(place, 0, cell);
    if (chunk.length > CHUNK_LEVELS_MAX) this.#chunks.splice(at + 1, 0, chunk.splice(CHUNK_LEVELS_MAX / 2));
    this.#levels++;
    if (this.#best === undefined || cell.rank > this.#best.rank) this.#best = cell;
  }

  #remove(cell: LevelCell): void {
    const at = this.#chunkOf(cell.rank);
    const chunk = this.#chunks[at] as LevelCell[];
    const place = this.#placeIn(chunk, cell.rank);
    if (chunk[place] !== cell) throw new InvariantError(`level ${cell.ticks} is not in its place`);
    if (place === chunk.length - 1) chunk.pop();
    else chunk.splice(place, 1);
    if (chunk.length === 0 && this.#chunks.length > 1) this.#chunks.splice(at, 1);
    this.#levels--;
    // A level that is being recorded stays known until the recording is taken, so that it is in it once.
    if (!this.#recordingOn) this.#byTicks.delete(cell.ticks);
    if (cell === this.#best) this.#best = this.#chunks.at(-1)?.at(-1);
  }

  /** Best first, until the visitor returns false. */
  walk(visit: (ticks: number, lots: number) => boolean): void {
    for (let at = this.#chunks.length - 1; at >= 0; at--) {
      const chunk = this.#chunks[at] as LevelCell[];
      for (let place = chunk.length - 1; place >= 0; place--) {
        const cell = chunk[place] as LevelCell;
        if (!visit(cell.ticks, cell.lots)) return;
      }
    }
  }

  /** The best `limit` levels, best first. */
  top(limit: number): Level[] {
    const levels: Level[] = [];
    if (limit <= 0) return levels;
    this.walk((ticks, lots) => levels.push([ticks, lots]) < limit);
    return levels;
  }

  startRecording(): void {
    this.#recording++;
    this.#recordingOn = true;
  }

  /** Levels whose lots differ from those at startRecording, best first; 0 lots = gone. */
  takeRecording(): Level[] {
    this.#recordingOn = false;
    const changed = this.#changed;
    if (changed.length === 0) return [];
    this.#changed = [];
    if (changed.length > 1) changed.sort((a, b) => b.rank - a.rank);
    const levels: Level[] = [];
    for (const cell of changed) {
      if (cell.lots === 0) this.#byTicks.delete(cell.ticks);
      if (cell.lots !== cell.lotsBefore) levels.push([cell.ticks, cell.lots]);
    }
    return levels;
  }
}

export class LevelBook {
  readonly #bids = new LevelSide(1);
  readonly #asks = new LevelSide(-1);

  #side(side: Side): LevelSide {
    return side === Side.BUY ? this.#bids : this.#asks;
  }

  /** Lots that appear (or, negative, disappear) at a price. */
  add(side: Side, ticks: number, lots: number): void {
    this.#side(side).add(ticks, lots);
  }

  /** A level's new lots; 0 removes it. */
  set(side: Side, ticks: number, lots: number): void {
    this.#side(side).set(ticks, lots);
  }

  lotsAt(side: Side, ticks: number): number {
    return this.#side(side).lotsAt(ticks);
  }

  levels(side: Side): number {
    return this.#side(side).levels;
  }

  /** 0 when the side is empty. */
  bestTicks(side: Side): number {
    return this.#side(side).bestTicks;
  }

  bestLots(side: Side): number {
    return this.#side(side).bestLots;
  }

  top(side: Side, limit: number): Level[] {
    return this.#side(side).top(limit);
  }

  walk(side: Side, visit: (ticks: number, lots: number) => boolean): void {
    this.#side(side).walk(visit);
  }

  /** From here on changed levels are remembered, until takeRecording. Costs nothing while off. */
  startRecording(): void {
    this.#bids.startRecording();
    this.#asks.startRecording();
  }

  takeRecording(): { readonly bids: Level[]; readonly asks: Level[] } {
    return { bids: this.#bids.takeRecording(), asks: this.#asks.takeRecording() };
  }
}
