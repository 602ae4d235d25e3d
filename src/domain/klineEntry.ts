// A kline (candlestick) as it stands in the log: the fold of the trades of one symbol in one interval.

/** Interval codes in ascending length; the order is the one of the API. */
export const KLINE_INTERVALS = ['1s', '1m', '3m', '5m', '15m', '30m', '1h', '2h', '4h', '6h', '8h', '12h', '1d', '3d', '1w', '1M'] as const;
export type KlineInterval = (typeof KLINE_INTERVALS)[number];

export interface KLine {
  readonly symbol: string;
  readonly interval: KlineInterval;
  /** First microsecond of the interval (UTC). */
  readonly openUs: number;
  /** Last microsecond of the interval. */
  readonly closeUs: number;
  readonly openTicks: number;
  highTicks: number;
  lowTicks: number;
  closeTicks: number;
  /** Base volume in lots. */
  volumeLots: number;
  quoteUnits: bigint;
  trades: number;
  takerBuyLots: number;
  takerBuyQuoteUnits: bigint;
  firstTradeId: number;
  lastTradeId: number;
  closed: boolean;
}

export const KLineField = {
  symbol: 0,
  interval: 1,
  openUs: 2,
  closeUs: 3,
  openTicks: 4,
  highTicks: 5,
  lowTicks: 6,
  closeTicks: 7,
  volumeLots: 8,
  quoteUnits: 9,
  trades: 10,
  takerBuyLots: 11,
  takerBuyQuoteUnits: 12,
  firstTradeId: 13,
  lastTradeId: 14,
  closed: 15,
} as const satisfies Record<keyof KLine, number>;
