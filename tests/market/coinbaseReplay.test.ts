// 37 seconds of a real order-by-order market (Coinbase BTC-USD, 2016-03-12) straight into the engine. In: the resting book,
// the orders as received, the cancels. Expected: the venue's own trades, opens, fills, cancel remainders and its book at
// three points. The data is not part of the repository; without it the tests are skipped, and say so.
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { ChangeKind, type ChangeLogEntry, EntityType } from '../../src/domain/changeLogEntry.ts';
import { Market } from '../../src/domain/market/market.ts';
import { OrderType, RequestKind, Side, TimeInForce } from '../../src/domain/orderTerms.ts';
import { parsePrice, parseQuantity } from '../../src/http/units.ts';
import { parseCoinbaseLine } from '../../src/replay/coinbaseFull.ts';
import { REPLAY_INSTRUMENT } from '../../src/replay/replayVenue.ts';
import { order, request } from './fixture.ts';

const DATA = new URL('../../../shared/data/coinbase-l3-2016-03-12/', import.meta.url);
const present = existsSync(DATA);
/** After that many lines the venue's 50 best levels of each side are known. */
const CHECKPOINTS: Readonly<Record<number, string>> = {
  9485: 'replay_coinbase_0.out',
  10899: 'replay_coinbase_1.out',
  12843: 'replay_coinbase_2.out',
};

interface Book {
  readonly bids: readonly (readonly [price: number, size: number])[];
  readonly asks: readonly (readonly [price: number, size: number])[];
}

function ticksOf(price: string): number {
  const parsed = parsePrice(REPLAY_INSTRUMENT, price);
  if (!parsed.ok) throw new Error(`price ${price}: ${parsed.problem}`);
  return parsed.value;
}

function lotsOf(size: string): number {
  const parsed = parseQuantity(REPLAY_INSTRUMENT, size);
  if (!parsed.ok) throw new Error(`size ${size}: ${parsed.problem}`);
  return parsed.value;
}

function levels(book: Book): object {
  const units = ([price, size]: readonly [number, number]): [number, number] => [Math.round(price * 100), Math.round(size * 1e8)];
  return { bids: book.bids.map(units), asks: book.asks.map(units) };
}

/** The venue's order ids are UUIDs; ours count up. */
class Replay {
  readonly market = new Market(REPLAY_INSTRUMENT);
  readonly log: ChangeLogEntry[] = [];
  readonly #ids = new Map<string, number>();
  readonly #names: string[] = [''];

  id(name: string): number {
    let id = this.#ids.get(name);
    if (id === undefined) {
      id = this.#names.push(name) - 1;
      this.#ids.set(name, id);
    }
    return id;
  }

  name(id: number): string {
    return this.#names[id]!;
  }

  place(name: string, side: Side, price: string | null, size: string): void {
    const made = order({
      orderId: this.id(name),
      side,
      symbol: REPLAY_INSTRUMENT.symbol,
      type: price === null ? OrderType.MARKET : OrderType.LIMIT,
      timeInForce: TimeInForce.GTC,
      priceTicks: price === null ? 0 : ticksOf(price),
      origLots: lotsOf(size),
      reservedUnits: 2n ** 61n,
    });
    this.market.place([made], null, this.log.length + 1, this.log);
  }

  cancel(name: string): void {
    this.market.request(this.id(name), request(RequestKind.CANCEL), this.log.length + 1, this.log);
  }
}

test.skipIf(!present)(`the venue itself could not tell the difference${present ? '' : ' (skipped: no data)'}`, () => {
  const lines = gunzipSync(readFileSync(new URL('replay_coinbase_2.in.gz', DATA)))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
  const replay = new Replay();
  const { market, log } = replay;
  const expectedTrades: object[] = [];
  const counts = { opens: 0, fills: 0, cancels: 0 };
  lines.forEach((line, i) => {
    const message = parseCoinbaseLine(line);
    switch (message.kind) {
      case 'resting':
      case 'received':
        replay.place(message.orderId, Side[message.side], message.price, message.size);
        break;
      case 'open':
        counts.opens += 1;
        expect(market.openOrder(replay.id(message.orderId))?.bookLots).toBe(lotsOf(message.remainingSize));
        break;
      case 'match':
        expectedTrades.push({
          maker: message.makerOrderId,
          taker: message.takerOrderId,
          ticks: ticksOf(message.price),
          lots: lotsOf(message.size),
        });
        break;
      case 'filled':
        counts.fills += 1;
        expect(market.openOrder(replay.id(message.orderId))).toBeUndefined();
        break;
      case 'canceled':
        counts.cancels += 1;
        expect(market.openOrder(replay.id(message.orderId))?.bookLots).toBe(lotsOf(message.remainingSize));
        replay.cancel(message.orderId);
    }
    const checkpoint = CHECKPOINTS[i + 1];
    if (checkpoint === undefined) return;
    market.checkInvariants();
    const book = JSON.parse(readFileSync(new URL(checkpoint, DATA), 'utf8')) as Book;
    expect(market.depth(50)).toEqual(levels(book));
  });
  const trades: object[] = [];
  for (const { entityType, changeType } of log) {
    if (entityType !== EntityType.SpotTrade || changeType.kind !== ChangeKind.Created) continue;
    const { buyerIsMaker, buyerOrderId, sellerOrderId, priceTicks, lots } = changeType.fields;
    const [maker, taker] = buyerIsMaker ? [buyerOrderId, sellerOrderId] : [sellerOrderId, buyerOrderId];
    trades.push({ maker: replay.name(maker), taker: replay.name(taker), ticks: priceTicks, lots });
  }
  expect(trades).toEqual(expectedTrades);
  expect([lines.length, trades.length, counts]).toEqual([12_843, 12, { opens: 1_910, fills: 12, cancels: 1_888 }]);

  // The far end of a real book: sell offers up to 1,000,000,000.00.
  expect(market.depth(1_000_000).asks.at(-1)).toEqual([100_000_000_000, 100_000_000]);

  const folded = new Market(REPLAY_INSTRUMENT);
  for (const entry of log) folded.apply(entry);
  const restored = Market.restore(REPLAY_INSTRUMENT, structuredClone(market.snapshot()));
  expect([folded.hash(), restored.hash()]).toEqual([market.hash(), market.hash()]);
});
