// Binance's own depth stream, folded with the level book by the documented procedure, equals Binance's bookTicker.
// The capture is not part of the repository: where it is absent these tests are skipped, and say so.
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { Decimal } from 'decimal.js';
import { describe, expect, it } from 'vitest';
import { LevelBook } from '../../src/actors/push/levelBook.ts';
import { Side } from '../../src/domain/orderTerms.ts';

const DIRECTORY = new URL('../../../shared/data/binance-spot-btcusdt-2024-08-08/', import.meta.url);
const files = ['btcusdt_20240808.gz', 'btcusdt_20240809.gz'].map((name) => new URL(name, DIRECTORY));
const isThere = files.every((file) => existsSync(file));
if (!isThere) process.stderr.write(`depthCapture.test.ts: SKIPPED, no capture at ${DIRECTORY.pathname}\n`);

type TextLevel = readonly [price: string, quantity: string];
interface Depth {
  readonly lastUpdateId: number;
  readonly bids: readonly TextLevel[];
  readonly asks: readonly TextLevel[];
}
interface DepthUpdate {
  readonly U: number;
  readonly u: number;
  readonly b: readonly TextLevel[];
  readonly a: readonly TextLevel[];
}
interface Ticker {
  readonly u: number;
  readonly b: string;
  readonly B: string;
  readonly a: string;
  readonly A: string;
}

// BTCUSDT: tick size 0.01, step size 0.00001.
const ticks = (price: string): number => new Decimal(price).times(100).toNumber();
const lots = (quantity: string): number => new Decimal(quantity).times(100_000).toNumber();

function* frames(): Generator<{ stream?: string; data?: unknown } & Partial<Depth>> {
  for (const file of files) {
    for (const line of gunzipSync(readFileSync(file)).toString().split('\n')) {
      if (line !== '' && !line.includes('@trade')) yield JSON.parse(line.slice(line.indexOf(' ') + 1));
    }
  }
}

/** "How to manage a local order book correctly", web-socket-streams.md. */
class LocalBook {
  readonly levels = new LevelBook();
  updateId = 0;
  #buffered: DepthUpdate[] = [];

  snapshot({ lastUpdateId, bids, asks }: Depth): void {
    this.#set(bids, asks);
    this.updateId = lastUpdateId;
    const buffered = this.#buffered.filter(({ u }) => u > lastUpdateId);
    this.#buffered = [];
    if (buffered[0] !== undefined) expect(buffered[0].U).toBeLessThanOrEqual(lastUpdateId + 1);
    for (const update of buffered) this.update(update);
  }

  update(update: DepthUpdate): void {
    if (this.updateId === 0) this.#buffered.push(update);
    else if (update.u > this.updateId) {
      if (update.U > this.updateId + 1) throw new Error(`missed ${this.updateId + 1} to ${update.U - 1}`);
      this.#set(update.b, update.a);
      this.updateId = update.u;
    }
  }

  #set(bids: readonly TextLevel[], asks: readonly TextLevel[]): void {
    for (const [price, quantity] of bids) this.levels.set(Side.BUY, ticks(price), lots(quantity));
    for (const [price, quantity] of asks) this.levels.set(Side.SELL, ticks(price), lots(quantity));
  }
}

describe.skipIf(!isThere)('the recorded BTCUSDT depth stream', () => {
  it('folds to the recorded bookTicker at every shared update id', () => {
    const tickers = new Map<number, Ticker>();
    const updates: DepthUpdate[] = [];
    const book = new LocalBook();
    let snapshot: Depth | undefined;
    for (const frame of frames()) {
      if (frame.lastUpdateId !== undefined) snapshot = frame as Depth;
      else if (frame.stream?.endsWith('@bookTicker')) tickers.set((frame.data as Ticker).u, frame.data as Ticker);
      else updates.push(frame.data as DepthUpdate);
    }
    expect([updates.length, tickers.size > 70_000, snapshot?.bids.length]).toEqual([6495, true, 1000]);
    let shared = 0;
    const check = (): void => {
      const ticker = tickers.get(book.updateId);
      if (ticker === undefined) return;
      shared++;
      expect({
        u: book.updateId,
        b: book.levels.bestTicks(Side.BUY),
        B: book.levels.bestLots(Side.BUY),
        a: book.levels.bestTicks(Side.SELL),
        A: book.levels.bestLots(Side.SELL),
      }).toEqual({ u: ticker.u, b: ticks(ticker.b), B: lots(ticker.B), a: ticks(ticker.a), A: lots(ticker.A) });
    };
    // The snapshot was taken while the stream was buffered.
    const early = updates.filter(({ U }) => U <= (snapshot as Depth).lastUpdateId);
    for (const update of early) book.update(update);
    book.snapshot(snapshot as Depth);
    check();
    for (const update of updates.slice(early.length)) {
      book.update(update);
      check();
    }
    expect(shared).toBe(1072);
  });
});
