// Reads the recorded Binance BTCUSDT data kept beside the repository: decimal text to ticks (0.01), lots (0.00001) and
// quote units (1e-8). Tests that need it skip, and say so, where the files are absent.
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { klineCloseUs } from '../../src/domain/kline/klineInterval.ts';
import type { KLine, KlineInterval } from '../../src/domain/klineEntry.ts';
import type { SpotTrade } from '../../src/domain/spotTrade.ts';

const DATA = new URL('../../../shared/data/', import.meta.url);
const TRADES = 'binance-spot-btcusdt-2024-08-08/';
const KLINES = 'binance-klines-btcusdt-2024-08/';

export const hasTrades = existsSync(new URL(TRADES, DATA));
export const hasKlines = existsSync(new URL(KLINES, DATA));

/** Exact: refuses digits beyond the scale unless they are zeros. */
export function scaled(text: string, scale: number): bigint {
  const [whole = '', fraction = ''] = text.split('.');
  if (/[^0]/.test(fraction.slice(scale))) throw new Error(`${text} has more than ${scale} decimals`);
  return BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0'));
}
export const ticks = (text: string): number => Number(scaled(text, 2));
export const lots = (text: string): number => Number(scaled(text, 5));
export const quote = (text: string): bigint => scaled(text, 8);

function lines(path: string): string[] {
  const bytes = readFileSync(new URL(path, DATA));
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  return text.split('\n').filter((line) => line !== '');
}

/** The recorded trades, in order. */
export function recordedTrades(): SpotTrade[] {
  const trades: SpotTrade[] = [];
  for (const file of ['btcusdt_20240808.gz', 'btcusdt_20240809.gz']) {
    for (const line of lines(TRADES + file)) {
      if (!line.includes('"btcusdt@trade"')) continue;
      const { data } = JSON.parse(line.slice(line.indexOf('{')));
      const priceTicks = ticks(data.p);
      const tradeLots = lots(data.q);
      trades.push({
        tradeId: data.t,
        symbol: 'BTCUSDT',
        priceTicks,
        lots: tradeLots,
        // 0.01 x 0.00001 quote = 10 units of 1e-8.
        quoteUnits: BigInt(priceTicks) * BigInt(tradeLots) * 10n,
        buyerIsMaker: data.m,
        buyerOrderId: 0,
        sellerOrderId: 0,
        buyerAccountId: 0,
        sellerAccountId: 0,
        buyerFeeUnits: 0n,
        sellerFeeUnits: 0n,
        tradeUs: data.T * 1000,
      });
    }
  }
  return trades;
}

export type OfficialKline = Omit<KLine, 'firstTradeId' | 'lastTradeId' | 'closed'>;

/** The official 5m klines of August 2024, complete but for trade ids. */
export function official5m(): OfficialKline[] {
  return lines(`${KLINES}BTCUSDT-5m-2024-08.csv.gz`).map((line) => {
    const [openMs, open, high, low, close, volume, closeMs, quoteVolume, count, takerBase, takerQuote] = line.split(',') as [
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    return {
      symbol: 'BTCUSDT',
      interval: '5m',
      openUs: Number(openMs) * 1000,
      closeUs: Number(closeMs) * 1000 + 999,
      openTicks: ticks(open),
      highTicks: ticks(high),
      lowTicks: ticks(low),
      closeTicks: ticks(close),
      volumeLots: lots(volume),
      quoteUnits: quote(quoteVolume),
      trades: Number(count),
      takerBuyLots: lots(takerBase),
      takerBuyQuoteUnits: quote(takerQuote),
    };
  });
}

export type Ohlcv = Pick<KLine, 'openUs' | 'closeUs' | 'openTicks' | 'highTicks' | 'lowTicks' | 'closeTicks' | 'volumeLots'>;

/** The official klines of a longer interval: prices and volume only. */
export function officialOhlcv(interval: KlineInterval): Ohlcv[] {
  return lines(`${KLINES}BTCUSDT_${interval}.official.csv`)
    .slice(1)
    .map((line) => {
      const [time, open, high, low, close, volume] = line.split(',') as [string, string, string, string, string, string];
      const openUs = Date.parse(`${time.length === 10 ? `${time} 00:00:00` : time}Z`) * 1000;
      return {
        openUs,
        closeUs: klineCloseUs(interval, openUs),
        openTicks: ticks(open),
        highTicks: ticks(high),
        lowTicks: ticks(low),
        closeTicks: ticks(close),
        volumeLots: lots(volume),
      };
    });
}
