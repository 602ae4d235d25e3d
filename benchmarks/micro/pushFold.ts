// The push stage's fold, on one core: market steps of one entry (an order that rests, is cancelled or is filled as a maker)
// into live books, with nobody listening, with one listener to the market, with every account listening. Needs nothing. Run:
//   npm run --silent bench:build && node .cache/bench/benchmarks/micro/pushFold.js
// CPU time of the fold alone, its garbage included; the goal is 1.5 us a step with nobody listening. The answer is checked:
// the folded book holds exactly the lots of the live orders.
import { strict as assert } from 'node:assert';
import { pathToFileURL } from 'node:url';
import { PushHub } from '../../src/actors/push/pushHub.ts';
import { type ChangeLogEntry, created, EntityType, entityIds, updated } from '../../src/domain/changeLogEntry.ts';
import { OrderStatus } from '../../src/domain/orderStatus.ts';
import { OrderType, RequestKind, Side, TimeInForce } from '../../src/domain/orderTerms.ts';
import { OrderField, type SpotOrder } from '../../src/domain/spotOrder.ts';

const SYMBOL = 'BTCUSDT';
const MIDDLE = 1_000_000;
const ACCOUNTS = 1000;
const START_US = 1_790_000_000_000_000;
/** Steps written, then folded: few enough to be in the processor's cache, as they are when a reader has just decoded them. */
const ROUND = 256;

export interface FoldRow {
  readonly name: string;
  readonly cpuNsPerStep: number;
  readonly steps: number;
}

class Log {
  readonly live: SpotOrder[] = [];
  #orderId = 1000;
  #updateId = 0;
  #tradeId = 0;
  #nowUs = START_US;
  #seed = 12345;
  readonly #levels: number;
  readonly #liveMax: number;

  constructor(levels: number, liveMax: number) {
    this.#levels = levels;
    this.#liveMax = liveMax;
  }

  #random(bound: number): number {
    this.#seed = (Math.imul(this.#seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((this.#seed / 2 ** 32) * bound);
  }

  step(): ChangeLogEntry[] {
    this.#nowUs += 10;
    if (this.live.length < this.#liveMax || this.#random(2) === 0) return [this.#rest()];
    const at = this.#random(this.live.length);
    const order = this.live[at] as SpotOrder;
    this.live[at] = this.live.at(-1) as SpotOrder;
    this.live.pop();
    return this.#random(4) === 0 ? this.#fill(order) : [this.#cancel(order)];
  }

  #rest(): ChangeLogEntry {
    const side = this.#random(2) === 0 ? Side.BUY : Side.SELL;
    const away = 1 + Math.floor((this.#random(this.#levels) * this.#random(1000)) / 2000);
    const order = newOrder(++this.#orderId, side, side === Side.BUY ? MIDDLE - away : MIDDLE + away, 1 + this.#random(100));
    order.updateId = ++this.#updateId;
    this.live.push(order);
    return created(EntityType.SpotOrder, order.orderId, order, this.#nowUs);
  }

  #cancel(order: SpotOrder): ChangeLogEntry {
    const outcome = { commandId: order.commandId, kind: RequestKind.CANCEL, code: 0, clientOrderId: '' };
    return this.#end(order, OrderStatus.Cancelled, [OrderField.outcome, null, outcome]);
  }

  #fill(order: SpotOrder): ChangeLogEntry[] {
    const { priceTicks, bookLots: lots, accountId } = order;
    const quoteUnits = BigInt(priceTicks * lots);
    const isBuyer = order.side === Side.BUY;
    const trade = {
      tradeId: ++this.#tradeId,
      symbol: SYMBOL,
      priceTicks,
      lots,
      quoteUnits,
      buyerIsMaker: isBuyer,
      buyerOrderId: isBuyer ? order.orderId : 1,
      sellerOrderId: isBuyer ? 1 : order.orderId,
      buyerAccountId: accountId,
      sellerAccountId: accountId,
      buyerFeeUnits: 1n,
      sellerFeeUnits: 1n,
      tradeUs: this.#nowUs,
    };
    const executed = [OrderField.executedLots, 0, lots, OrderField.cumQuoteUnits, 0n, quoteUnits];
    return [
      created(EntityType.SpotTrade, entityIds.trade(SYMBOL, trade.tradeId), trade, this.#nowUs),
      this.#end(order, OrderStatus.Filled, executed),
    ];
  }

  #end(order: SpotOrder, status: OrderStatus, more: readonly unknown[]): ChangeLogEntry {
    const { orderId, bookLots, updateId } = order;
    const changed = [OrderField.status, OrderStatus.Pending, status, OrderField.bookLots, bookLots, 0];
    return updated(EntityType.SpotOrder, orderId, [...changed, OrderField.updateId, updateId, ++this.#updateId, ...more], this.#nowUs);
  }
}

function newOrder(orderId: number, side: Side, priceTicks: number, lots: number): SpotOrder {
  return {
    orderId,
    accountId: ACCOUNTS + (orderId % ACCOUNTS),
    symbol: SYMBOL,
    clientOrderId: `c${orderId}`,
    side,
    type: OrderType.LIMIT,
    timeInForce: TimeInForce.GTC,
    priceTicks,
    origLots: lots,
    commandId: orderId,
    createdUs: START_US,
    makerRate: 100_000,
    takerRate: 100_000,
    status: OrderStatus.Pending,
    executedLots: 0,
    cumQuoteUnits: 0n,
    bookLots: lots,
    updateId: 0,
    updateUs: START_US,
    workingUs: START_US,
    reservedUnits: 0n,
    origQuoteUnits: 0n,
    stpMode: 0,
    stopPriceTicks: 0,
    trailingDelta: 0,
    trailingUs: 0,
    trailingExtremeTicks: 0,
    icebergLots: 0,
    expireUs: 0,
    orderListId: -1,
    listLeg: 0,
    strategyId: null,
    strategyType: null,
    pegPriceType: 0,
    pegOffsetType: 0,
    pegOffsetValue: 0,
    peggedPriceTicks: 0,
    preventedLots: 0,
    preventedMatch: null,
    expiryReason: 0,
    rejectCode: 0,
    amendCount: 0,
    request: null,
    outcome: null,
  };
}

function run(levels: number, live: number, listeners: 'nobody' | 'market' | 'market and accounts', steps: number): FoldRow {
  const hub = new PushHub({ instruments: () => undefined });
  let heard = 0;
  if (listeners !== 'nobody') hub.markets.listen(SYMBOL, () => heard++);
  if (listeners === 'market and accounts') {
    for (let i = 0; i < ACCOUNTS; i++) hub.accountEvents.listen(ACCOUNTS + i, (events) => (heard += events.length));
  }
  const log = new Log(levels, live);
  let cpuUs = 0;
  let folded = 0;
  while (folded < steps) {
    const round = Array.from({ length: ROUND }, () => log.step());
    const begun = process.cpuUsage();
    for (const step of round) hub.onMarket(step, START_US);
    const { user, system } = process.cpuUsage(begun);
    if (log.live.length < live) continue;
    cpuUs += user + system;
    folded += ROUND;
  }
  const { bids, asks } = hub.markets.view(SYMBOL)?.depth(Number.POSITIVE_INFINITY) ?? { bids: [], asks: [] };
  const shown = [...bids, ...asks].reduce((sum, [, lots]) => sum + lots, 0);
  assert.equal(
    shown,
    log.live.reduce((sum, { bookLots }) => sum + bookLots, 0),
  );
  assert.equal(heard > 0, listeners !== 'nobody');
  const name = `${live} live orders on ${bids.length + asks.length} levels, ${listeners} listening`;
  return { name, cpuNsPerStep: Math.round((cpuUs * 1000) / folded), steps: folded };
}

export function benchmarkPushFold(steps: number): FoldRow[] {
  const rows: FoldRow[] = [];
  for (const [levels, live] of [
    [1_000, 5_000],
    [100_000, 200_000],
  ] as const) {
    for (const listeners of ['nobody', 'market', 'market and accounts'] as const) {
      // A tiny run has a tiny book.
      rows.push(run(levels, Math.min(live, steps), listeners, steps));
    }
  }
  return rows;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const { name, cpuNsPerStep } of benchmarkPushFold(600_000))
    process.stdout.write(`${String(cpuNsPerStep).padStart(6)} ns  ${name}\n`);
}
