// One busy symbol as the push stage tells it: trades, and the book's changes. The same events for whoever publishes them.
import type { Instrument } from '../../src/domain/instrument.ts';
import { OrderType, StpMode, SymbolStatus } from '../../src/domain/orderTerms.ts';
import type { SpotTrade } from '../../src/domain/spotTrade.ts';
import type { DepthDiff, Level, MarketBatch } from '../../src/ports/marketData.ts';

export const SYMBOL = 'BENCHUSDT';
const START_US = 1_790_000_000_000_000;

export const instrument: Instrument = {
  symbol: SYMBOL,
  baseAsset: 'BENCH',
  quoteAsset: 'USDT',
  baseScale: 8,
  quoteScale: 8,
  priceScale: 2,
  tickUnits: 1,
  lotUnits: 1000,
  quoteUnitsPerTickLot: 10,
  status: SymbolStatus.TRADING,
  orderTypes: [OrderType.LIMIT],
  icebergAllowed: true,
  ocoAllowed: true,
  otoAllowed: true,
  opoAllowed: true,
  quoteOrderQtyMarketAllowed: true,
  trailingStopAllowed: true,
  cancelReplaceAllowed: true,
  amendAllowed: true,
  pegAllowed: true,
  defaultStpMode: StpMode.NONE,
  allowedStpModes: [StpMode.NONE],
  filters: {} as Instrument['filters'],
  haltReason: '',
  updateUs: START_US,
};

function trade(tradeId: number): SpotTrade {
  const priceTicks = 5_000_000 + (tradeId % 97);
  const lots = 1 + (tradeId % 1_000);
  return {
    tradeId,
    symbol: SYMBOL,
    priceTicks,
    lots,
    quoteUnits: BigInt(priceTicks) * BigInt(lots) * 10n,
    buyerIsMaker: tradeId % 2 === 0,
    buyerOrderId: tradeId * 2,
    sellerOrderId: tradeId * 2 + 1,
    buyerAccountId: 1000,
    sellerAccountId: 1001,
    buyerFeeUnits: 0n,
    sellerFeeUnits: 0n,
    tradeUs: START_US + tradeId * 100,
  };
}

function diff(updateId: number): DepthDiff {
  const side = (from: number): Level[] => Array.from({ length: 5 }, (_, i) => [from + i, 1 + ((updateId + i) % 500)]);
  return {
    firstUpdateId: updateId,
    lastUpdateId: updateId,
    timeUs: START_US + updateId * 100,
    bids: side(4_999_900),
    asks: side(5_000_100),
  };
}

/** The batch of the n-th message of the market log (from 1): one trade and what it changed in the book. */
export function batch(n: number): MarketBatch {
  return {
    symbol: SYMBOL,
    trades: [trade(n)],
    depth: diff(n),
    bookTicker: null,
    klines: [],
    timeUs: START_US + n * 100,
  };
}
