// What a client or an operator asks of an account's writer. Everything is in integer units; the edge has parsed it.

import type { Balance } from './balance.ts';
import type {
  CancelRestriction,
  ContingencyType,
  OrderType,
  PegOffsetType,
  PegPriceType,
  Side,
  StpMode,
  TimeInForce,
} from './orderTerms.ts';
import type { EngineReason } from './rejectReason.ts';
import type { SpotOrder } from './spotOrder.ts';
import type { SpotOrderList } from './spotOrderList.ts';

/** The terms of a new order; 0, 0n and null where a term does not apply. */
export interface NewOrder {
  readonly clientOrderId: string;
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  readonly priceTicks: number;
  readonly lots: number;
  /** MARKET by quote amount. */
  readonly quoteUnits: bigint;
  readonly stopPriceTicks: number;
  readonly trailingDelta: number;
  readonly icebergLots: number;
  readonly stpMode: StpMode;
  readonly expireUs: number;
  readonly strategyId: number | null;
  readonly strategyType: number | null;
  readonly pegPriceType: PegPriceType;
  readonly pegOffsetType: PegOffsetType;
  readonly pegOffsetValue: number;
  /**
   * For orders without a limit price: the amount that the sweep is expected to need (quote units for BUY, base units
   * for SELL by quote amount), as the acquiring stage sees the market; 0n when it sees none. The account's writer
   * refuses when free funds are below it, and reserves it with a margin.
   */
  readonly estimateUnits: bigint;
}

interface Base {
  /** Unique over all processes and restarts; a retry carries the same one and takes effect once. */
  readonly commandId: number;
  readonly accountId: number;
}
interface OnSymbol extends Base {
  readonly symbol: string;
}
/** Names an order by one id or both (then both must match); orderId 0 and '' mean absent. */
export interface OrderRef {
  readonly orderId: number;
  readonly origClientOrderId: string;
}

export interface PlaceOrder extends OnSymbol {
  readonly kind: 'PlaceOrder';
  readonly order: NewOrder;
}
export interface PlaceOrderList extends OnSymbol {
  readonly kind: 'PlaceOrderList';
  readonly contingencyType: ContingencyType;
  readonly listClientOrderId: string;
  /** In the order of SpotOrderList.orderIds. */
  readonly orders: readonly NewOrder[];
}
export interface CancelOrder extends OnSymbol, OrderRef {
  readonly kind: 'CancelOrder';
  /** The cancel's own client id. */
  readonly cancelClientOrderId: string;
  readonly restriction: CancelRestriction;
}
export interface CancelOrderList extends OnSymbol {
  readonly kind: 'CancelOrderList';
  /** 0 = absent. */
  readonly orderListId: number;
  readonly listClientOrderId: string;
  readonly cancelClientOrderId: string;
}
export interface CancelAllOrders extends OnSymbol {
  readonly kind: 'CancelAllOrders';
}
export interface CancelReplace extends OnSymbol, OrderRef {
  readonly kind: 'CancelReplace';
  readonly cancelClientOrderId: string;
  readonly restriction: CancelRestriction;
  /** True: the new order is placed even when the cancel fails (ALLOW_FAILURE). */
  readonly allowFailure: boolean;
  readonly order: NewOrder;
}
export interface AmendOrder extends OnSymbol, OrderRef {
  readonly kind: 'AmendOrder';
  readonly newLots: number;
  /** '' keeps the client order id. */
  readonly newClientOrderId: string;
}
export interface Deposit extends Base {
  readonly kind: 'Deposit';
  readonly requestId: string;
  readonly asset: string;
  readonly units: bigint;
}
export interface Withdraw extends Base {
  readonly kind: 'Withdraw';
  readonly requestId: string;
  readonly asset: string;
  readonly units: bigint;
}

export type TradingCommand = PlaceOrder | PlaceOrderList | CancelOrder | CancelOrderList | CancelAllOrders | CancelReplace | AmendOrder;
export type AccountCommand = TradingCommand | Deposit | Withdraw;

/**
 * The account's writer's answer, given once its step is in the log.
 * `orders`: the orders it created, as created. `requestedOrderIds`: the orders a request went to; each is answered by an
 * entry of the symbol's writer whose outcome carries the command's id.
 */
export type CommandReply =
  | {
      readonly ok: true;
      readonly orders: readonly Readonly<SpotOrder>[];
      readonly list: Readonly<SpotOrderList> | null;
      readonly requestedOrderIds: readonly number[];
      /** Deposit and Withdraw: the balance it resulted in. */
      readonly balance?: Readonly<Balance>;
      /** True for a retry of a command that took effect before; nothing was done this time. */
      readonly duplicate?: boolean;
      /** A retry: orders the command created that have ended since, and so are not in `orders`. */
      readonly closedOrderIds?: readonly number[];
    }
  | { readonly ok: false; readonly reason: EngineReason };
