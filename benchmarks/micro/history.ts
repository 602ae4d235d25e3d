// Feeding the history store, on one core: apply() plus what flush() does before LMDB's own thread takes over. Needs
// nothing else. Run:
//   npm run --silent bench:build && node .cache/bench/benchmarks/micro/history.js [rounds] [accounts]
// Half of the orders rest, a quarter of those are cancelled, the others are filled by the half that takes. The answer is
// checked: every order and trade is found again.
import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { encodeStep } from '../../src/codec/stepCodec.ts';
import { BalanceField } from '../../src/domain/balance.ts';
import { type ChangeLogEntry, created, EntityType, entityIds, updated } from '../../src/domain/changeLogEntry.ts';
import { KLineBuilder } from '../../src/domain/kline/klineBuilder.ts';
import { OrderStatus } from '../../src/domain/orderStatus.ts';
import { OrderField, type SpotOrder } from '../../src/domain/spotOrder.ts';
import type { SpotTrade } from '../../src/domain/spotTrade.ts';
import { openHistory } from '../../src/history/openHistory.ts';

const SYMBOL = 'BTCUSDT';
const START_US = 1_790_000_000_000_000;
/** Orders a step, and steps a flush: what the pipeline makes of them under load. */
const STEP = 64;
const STEPS_PER_FLUSH = 128;
const FLUSHES_PER_ROUND = 16;
const STEPS_AT_A_TIME = 4;

/** One step of each log, as the log has it. */
interface Feed {
  readonly markets: Uint8Array;
  readonly accounts: Uint8Array;
  readonly klines: Uint8Array;
}

class Market {
  orderId = 0;
  tradeId = 0;
  cancelled = 0;
  #updateId = 0;
  #nowUs = START_US;
  #sequence = 0;
  #resting: SpotOrder[] = [];
  readonly #balances = new Map<string, [free: bigint, locked: bigint]>();
  readonly #klines = new KLineBuilder(SYMBOL);
  readonly #accounts: number;
  readonly #depth: number;

  constructor(accounts: number, depth: number) {
    this.#accounts = accounts;
    this.#depth = depth;
  }

  /** The steps that about STEP orders make. */
  feed(): Feed {
    const markets: ChangeLogEntry[] = [];
    const accounts: ChangeLogEntry[] = [];
    const klines: ChangeLogEntry[] = [];
    const trades: SpotTrade[] = [];
    for (let i = 0; i < STEP; i += 2) {
      this.#nowUs += 13;
      this.#rest(markets, accounts);
      if (this.#resting.length > this.#depth && i % 8 === 0) this.#cancel(markets, accounts);
      else this.#take(markets, accounts, trades);
    }
    this.#klines.trades(trades, this.#nowUs, klines);
    for (const entry of [...markets, ...accounts, ...klines]) entry.sequence = ++this.#sequence;
    return { markets: encodeStep(markets), accounts: encodeStep(accounts), klines: encodeStep(klines) };
  }

  #order(side: 1 | 2, overrides: Partial<SpotOrder>): SpotOrder {
    const orderId = ++this.orderId;
    return {
      orderId,
      accountId: 1000 + ((orderId * 7919) % this.#accounts),
      symbol: SYMBOL,
      clientOrderId: `x-A6SIDXVS${1_000_000_000_000 + orderId}`,
      side,
      type: 2,
      timeInForce: 1,
      priceTicks: 6_500_000 + (orderId % 1000),
      origLots: 12_345,
      commandId: 900_000_000_000 + orderId,
      createdUs: this.#nowUs,
      makerRate: 100_000,
      takerRate: 100_000,
      status: OrderStatus.Pending,
      executedLots: 0,
      cumQuoteUnits: 0n,
      bookLots: 0,
      updateId: 0,
      updateUs: this.#nowUs + 3,
      workingUs: this.#nowUs + 3,
      reservedUnits: 80_000_000_000n + BigInt(orderId),
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
      ...overrides,
    };
  }

  #rest(market: ChangeLogEntry[], account: ChangeLogEntry[]): void {
    const order = this.#order(1, { bookLots: 12_345, updateId: ++this.#updateId });
    this.#resting.push(order);
    market.push(created(EntityType.SpotOrder, order.orderId, order, this.#nowUs));
    this.#balance(account, order.accountId, 'USDT');
  }

  /** A resting order of any age. */
  #pick(): SpotOrder {
    const at = (this.orderId * 7919) % this.#resting.length;
    const last = this.#resting.pop() as SpotOrder;
    if (at >= this.#resting.length) return last;
    const order = this.#resting[at] as SpotOrder;
    this.#resting[at] = last;
    return order;
  }

  #cancel(market: ChangeLogEntry[], account: ChangeLogEntry[]): void {
    const order = this.#pick();
    this.cancelled++;
    const f = OrderField;
    market.push(
      updated(
        EntityType.SpotOrder,
        order.orderId,
        [
          ...[f.status, OrderStatus.Pending, OrderStatus.Cancelled, f.bookLots, 12_345, 0],
          ...[f.updateId, order.updateId, ++this.#updateId, f.updateUs, order.updateUs, this.#nowUs],
          ...[f.outcome, null, { commandId: order.commandId, kind: 1, code: 0, clientOrderId: 'c' }],
        ],
        this.#nowUs,
      ),
    );
    this.#balance(account, order.accountId, 'USDT');
  }

  #take(market: ChangeLogEntry[], account: ChangeLogEntry[], trades: SpotTrade[]): void {
    const maker = this.#pick();
    const taker = this.#order(2, {});
    market.push(created(EntityType.SpotOrder, taker.orderId, taker, this.#nowUs));
    this.#balance(account, taker.accountId, 'BTC');
    const quoteUnits = BigInt(maker.priceTicks) * 123_450n;
    const trade: SpotTrade = {
      tradeId: ++this.tradeId,
      symbol: SYMBOL,
      priceTicks: maker.priceTicks,
      lots: 12_345,
      quoteUnits,
      buyerIsMaker: true,
      buyerOrderId: maker.orderId,
      sellerOrderId: taker.orderId,
      buyerAccountId: maker.accountId,
      sellerAccountId: taker.accountId,
      buyerFeeUnits: 1234n,
      sellerFeeUnits: quoteUnits / 1000n,
      tradeUs: this.#nowUs,
    };
    trades.push(trade);
    market.push(created(EntityType.SpotTrade, entityIds.trade(SYMBOL, trade.tradeId), trade, this.#nowUs));
    const f = OrderField;
    for (const order of [maker, taker]) {
      market.push(
        updated(
          EntityType.SpotOrder,
          order.orderId,
          [
            ...[f.status, OrderStatus.Pending, OrderStatus.Filled, f.executedLots, 0, 12_345],
            ...[f.cumQuoteUnits, 0n, quoteUnits, f.bookLots, 12_345, 0],
            ...[f.updateId, order.updateId, ++this.#updateId, f.updateUs, order.updateUs, this.#nowUs],
          ],
          this.#nowUs,
        ),
      );
      this.#balance(account, order.accountId, 'BTC');
      this.#balance(account, order.accountId, 'USDT');
    }
  }

  #balance(account: ChangeLogEntry[], accountId: number, asset: string): void {
    const id = entityIds.balance(accountId, asset);
    const before = this.#balances.get(id);
    const after: [bigint, bigint] = [(before?.[0] ?? 0n) + 1_234_567n, (before?.[1] ?? 0n) + 7n];
    this.#balances.set(id, after);
    if (before === undefined) {
      const [free, locked] = after;
      const row = { accountId, asset, free, locked, updateUs: this.#nowUs, cause: 0 as const, requestId: '' };
      account.push(created(EntityType.Balance, id, row, this.#nowUs));
      return;
    }
    const f = BalanceField;
    account.push(
      updated(
        EntityType.Balance,
        id,
        [f.free, before[0], after[0], f.locked, before[1], after[1], f.updateUs, 0, this.#nowUs],
        this.#nowUs,
      ),
    );
  }
}

/** Milliseconds this thread was on a core: what else the machine does is not counted. Wall time where Linux does not tell. */
function threadMs(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return performance.now();
  }
}

export interface HistoryBenchmark {
  /** Of the best round: what the machine can do, not what else it was doing. */
  readonly ordersPerSecond: number;
  readonly applyNs: number;
  readonly flushNs: number;
  /** Over all rounds. */
  readonly meanNs: number;
  readonly commitWaitNs: number;
  readonly bytesPerOrder: number;
  readonly heapMiB: number;
}

/** Fed with the named logs only. The rest of an order's cost is its balances, four and a half changes each here. */
export async function benchmarkHistory(rounds: number, accounts: number, logs: readonly (keyof Feed)[]): Promise<HistoryBenchmark> {
  const dir = mkdtempSync(join(tmpdir(), 'sedax-bench-history-'));
  const store = openHistory({ dir });
  const market = new Market(accounts, 2000);
  const positions = { markets: 0, accounts: 0, klines: 0 };
  const best = { ns: Number.POSITIVE_INFINITY, applyNs: 0, flushNs: 0 };
  let totalMs = 0;
  let waitMs = 0;
  try {
    for (let round = 0; round < rounds; round++) {
      const before = market.orderId;
      let applyMs = 0;
      let flushMs = 0;
      for (let i = 0; i < FLUSHES_PER_ROUND; i++) {
        // A few steps at a time: entries live as briefly as they do in the pipeline.
        for (let step = 0; step < STEPS_PER_FLUSH; step += STEPS_AT_A_TIME) {
          const feeds = Array.from({ length: STEPS_AT_A_TIME }, () => market.feed());
          const at = threadMs();
          for (const feed of feeds) {
            for (const name of logs) store.apply(`${name}-0`, ++positions[name], feed[name]);
          }
          applyMs += threadMs() - at;
        }
        let at = threadMs();
        const flushed = store.flush();
        flushMs += threadMs() - at;
        at = performance.now();
        await flushed;
        waitMs += performance.now() - at;
      }
      const ns = (ms: number): number => Math.round((ms * 1e6) / (market.orderId - before));
      totalMs += applyMs + flushMs;
      // The first round fills the journal and moves nothing to runs yet: it does not count.
      if (round > 0 && ns(applyMs + flushMs) < best.ns) {
        Object.assign(best, { ns: ns(applyMs + flushMs), applyNs: ns(applyMs), flushNs: ns(flushMs) });
      }
    }
    globalThis.gc?.();
    const heapMiB = Math.round((process.memoryUsage().heapUsed + process.memoryUsage().external) / 2 ** 20);
    check(store, market, accounts);
    await store.close();
    return {
      ordersPerSecond: Math.round(1e9 / best.ns),
      applyNs: best.applyNs,
      flushNs: best.flushNs,
      meanNs: Math.round((totalMs * 1e6) / market.orderId),
      commitWaitNs: Math.round((waitMs * 1e6) / market.orderId),
      bytesPerOrder: Math.round(statSync(join(dir, 'data.mdb')).size / market.orderId),
      heapMiB,
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function check(store: ReturnType<typeof openHistory>, market: Market, accounts: number): void {
  assert.equal(store.trades(SYMBOL, { limit: 1 })[0]?.tradeId, market.tradeId);
  assert.equal(store.aggTrades(SYMBOL, { limit: 1, fromId: market.tradeId })[0]?.aggTradeId, market.tradeId);
  let found = 0;
  for (let accountId = 1000; accountId < 1000 + accounts; accountId++) {
    for (let fromId = 0; ; ) {
      const rows = store.orders(accountId, SYMBOL, { fromId, limit: 1000 });
      found += rows.length;
      if (rows.length < 1000) break;
      fromId = (rows.at(-1)?.orderId ?? 0) + 1;
    }
  }
  assert.equal(found, market.orderId);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const rounds = Number(process.argv[2] ?? 8);
  const accounts = Number(process.argv[3] ?? 1000);
  for (const logs of [['markets'], ['markets', 'accounts', 'klines']] as const) {
    const result = await benchmarkHistory(rounds, accounts, logs);
    process.stdout.write(`${logs.join('+').padEnd(24)} ${JSON.stringify(result)}\n`);
  }
}
