// One execution, complete for both sides: settlement, klines, streams and history need nothing else.

export interface SpotTrade {
  /** Gapless per symbol, from 1. */
  readonly tradeId: number;
  readonly symbol: string;
  /** The maker's price. */
  readonly priceTicks: number;
  readonly lots: number;
  readonly quoteUnits: bigint;
  readonly buyerIsMaker: boolean;
  readonly buyerOrderId: number;
  readonly sellerOrderId: number;
  readonly buyerAccountId: number;
  readonly sellerAccountId: number;
  /** Base units withheld from what the buyer receives. */
  readonly buyerFeeUnits: bigint;
  /** Quote units withheld from what the seller receives. */
  readonly sellerFeeUnits: bigint;
  readonly tradeUs: number;
}

/** Positions in a Created row. On the wire: append only. */
export const TradeField = {
  tradeId: 0,
  symbol: 1,
  priceTicks: 2,
  lots: 3,
  quoteUnits: 4,
  buyerIsMaker: 5,
  buyerOrderId: 6,
  sellerOrderId: 7,
  buyerAccountId: 8,
  sellerAccountId: 9,
  buyerFeeUnits: 10,
  sellerFeeUnits: 11,
  tradeUs: 12,
} as const satisfies Record<keyof SpotTrade, number>;

export function takerOrderId(trade: SpotTrade): number {
  return trade.buyerIsMaker ? trade.sellerOrderId : trade.buyerOrderId;
}

export function makerOrderId(trade: SpotTrade): number {
  return trade.buyerIsMaker ? trade.buyerOrderId : trade.sellerOrderId;
}
