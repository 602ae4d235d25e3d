// The bare book and the whole market on one core, at 1,000 to 1,000,000 resting orders on 20,000 ticks a side. Run:
//   npm run --silent bench:build && node --expose-gc .cache/bench/benchmarks/micro/market.js
// The numbers of docs/decisions/0020-order-book.md come from here. Every case checks the book it leaves behind.
import { strict as assert } from 'node:assert';
import { pathToFileURL } from 'node:url';
import type { ChangeLogEntry } from '../../src/domain/changeLogEntry.ts';
import { Market } from '../../src/domain/market/market.ts';
import { OrderBook } from '../../src/domain/market/orderBook.ts';
import { CancelRestriction, RequestKind, Side, TimeInForce } from '../../src/domain/orderTerms.ts';
import type { OrderRequest, SpotOrder } from '../../src/domain/spotOrder.ts';
import { instrument, order } from '../../tests/market/fixture.ts';
import { type Measurement, measure, printMeasurements } from './measure.ts';

const TICKS = 20_000;
const MID = 6_000_000;
/** Messages a call. */
const BATCH = 1_000;
/** Many short rounds: the best of them was alone on its core. */
const ROUNDS = 40;

/** The same numbers in every run. */
class Random {
  #state = 23;

  below(bound: number): number {
    this.#state = (Math.imul(this.#state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((this.#state / 0x80000000) * bound);
  }
}

function priceOf(random: Random, side: Side): number {
  const away = 1 + random.below(TICKS);
  return side === Side.BUY ? MID - away : MID + away;
}

/** Cancels an order anywhere in the book and places another one anywhere else: two messages. */
export function benchmarkBook(resting: number, calls: number): Measurement {
  const random = new Random();
  const book = new OrderBook();
  const ids = new Float64Array(resting);
  let nextId = 1;
  const place = (at: number): void => {
    const side = nextId % 2 === 0 ? Side.BUY : Side.SELL;
    book.rest(nextId, side, priceOf(random, side), 1 + random.below(100));
    ids[at] = nextId;
    nextId += 1;
  };
  for (let i = 0; i < resting; i++) place(i);
  const row = measure(
    `book, cancel + place, ${resting} resting`,
    BATCH,
    calls,
    () => {
      for (let i = 0; i < BATCH; i += 2) {
        const at = random.below(resting);
        book.remove(book.find(ids[at]!));
        place(at);
      }
    },
    ROUNDS,
  );
  assert.equal(book.size, resting);
  return row;
}

const CANCEL: OrderRequest = {
  kind: RequestKind.CANCEL,
  commandId: 1,
  symbol: instrument.symbol,
  clientOrderId: '',
  restriction: CancelRestriction.NONE,
  lots: 0,
};

/** The same through the market, with all entries written. */
export function benchmarkMarket(resting: number, calls: number): Measurement {
  const random = new Random();
  const market = new Market(instrument);
  const ids = new Float64Array(resting);
  const templates = [Side.BUY, Side.SELL].map((side) => order({ orderId: 1, side, priceTicks: MID, origLots: 10 }));
  let nextId = 1;
  let out: ChangeLogEntry[] = [];
  const place = (at: number): void => {
    const template = templates[nextId % 2]!;
    const made: SpotOrder = { ...template, orderId: nextId, priceTicks: priceOf(random, template.side) };
    market.place([made], null, nextId, out);
    ids[at] = nextId;
    nextId += 1;
  };
  for (let i = 0; i < resting; i++) {
    place(i);
    if (out.length > BATCH) out = [];
  }
  const row = measure(
    `market, cancel + place, ${resting} resting`,
    BATCH,
    calls,
    () => {
      out = [];
      for (let i = 0; i < BATCH; i += 2) {
        const at = random.below(resting);
        market.request(ids[at]!, CANCEL, nextId, out);
        place(at);
      }
    },
    ROUNDS,
  );
  assert.equal(market.openIds().length, resting);
  return row;
}

/** A maker rests and a taker fills it: two messages, one trade, six entries. */
export function benchmarkTrades(calls: number): Measurement {
  const market = new Market(instrument);
  const rates = { makerRate: 100_000, takerRate: 100_000 };
  const maker = order({ orderId: 1, side: Side.SELL, priceTicks: MID, origLots: 10, ...rates });
  const taker = order({ orderId: 1, side: Side.BUY, priceTicks: MID, origLots: 10, timeInForce: TimeInForce.IOC, ...rates });
  let nextId = 1;
  let out: ChangeLogEntry[] = [];
  const row = measure(
    'market, maker + taker, one trade',
    BATCH,
    calls,
    () => {
      out = [];
      for (let i = 0; i < BATCH; i += 2) {
        market.place([{ ...maker, orderId: nextId }], null, nextId, out);
        market.place([{ ...taker, orderId: nextId + 1 }], null, nextId, out);
        nextId += 2;
      }
    },
    ROUNDS,
  );
  assert.deepEqual([market.openIds().length, market.lastTradeId * 2], [0, nextId - 1]);
  return row;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const sizes = [1_000, 10_000, 100_000, 1_000_000];
  for (const size of sizes) printMeasurements([benchmarkBook(size, 50)]);
  for (const size of sizes) printMeasurements([benchmarkMarket(size, 20)]);
  printMeasurements([benchmarkTrades(20)]);
}
