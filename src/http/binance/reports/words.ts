// The words of the API for our codes. Sides, types and the like have the same names inside; states do not.
import { OrderStatus } from '../../../domain/orderStatus.ts';
import {
  ContingencyType,
  ExpiryReason,
  isTriggered,
  ListLeg,
  ListOrderStatus,
  ListStatusType,
  OrderType,
  PegOffsetType,
  PegPriceType,
  RequestKind,
  Side,
  StpMode,
  SymbolStatus,
  TimeInForce,
} from '../../../domain/orderTerms.ts';
import type { SpotOrder } from '../../../domain/spotOrder.ts';

/** Names by code: an array, because these are looked up several times per report. */
function names(terms: Readonly<Record<string, number>>): readonly string[] {
  const byCode: string[] = [];
  for (const [name, code] of Object.entries(terms)) byCode[code] = name;
  return byCode;
}

const sides = names(Side);
const orderTypes = names(OrderType);
const stpModes = names(StpMode);
const symbolStatuses = names(SymbolStatus);
const pegPriceTypes = names(PegPriceType);
const pegOffsetTypes = names(PegOffsetType);
const listStatusTypes = names(ListStatusType);
const listOrderStatuses = names(ListOrderStatus);
const expiryReasons = names(ExpiryReason);

export const sideWord = (side: Side): string => sides[side] as string;
export const orderTypeWord = (type: OrderType): string => orderTypes[type] as string;
export const stpModeWord = (mode: StpMode): string => stpModes[mode] as string;
export const symbolStatusWord = (status: SymbolStatus): string => symbolStatuses[status] as string;
export const pegPriceTypeWord = (type: PegPriceType): string => pegPriceTypes[type] as string;
export const pegOffsetTypeWord = (type: PegOffsetType): string => pegOffsetTypes[type] as string;
export const listStatusTypeWord = (type: ListStatusType): string => listStatusTypes[type] as string;
export const listOrderStatusWord = (status: ListOrderStatus): string => listOrderStatuses[status] as string;

/** Binance has no GTD: strict clients drop a payload with a word they do not know, and until its date it is GTC. */
export function timeInForceWord(timeInForce: TimeInForce): string {
  switch (timeInForce) {
    case TimeInForce.IOC:
      return 'IOC';
    case TimeInForce.FOK:
      return 'FOK';
    default:
      return 'GTC';
  }
}

/** OTO, OTOCO, OPO and OPOCO are all OTO to clients (enums.md). */
export function contingencyWord(type: ContingencyType): string {
  return type === ContingencyType.OCO ? 'OCO' : 'OTO';
}

/**
 * A leg that waits for the working order of its list, as far as the order alone tells: an OTOCO's stop legs look like an
 * OCO's. Where the list is at hand the caller knows better and says so.
 */
export function looksParked(order: Readonly<SpotOrder>): boolean {
  if (order.status !== OrderStatus.ConditionalPending || order.orderListId === -1) return false;
  if (order.outcome?.kind === RequestKind.ACTIVATE && order.outcome.code === 0) return false;
  return order.listLeg === ListLeg.PENDING || !isTriggered(order.type);
}

export function orderStatusWord(order: Readonly<SpotOrder>, parked = looksParked(order)): string {
  switch (order.status) {
    case OrderStatus.ConditionalPending:
      return parked ? 'PENDING_NEW' : 'NEW';
    case OrderStatus.Pending:
      return 'NEW';
    case OrderStatus.PartiallyFilled:
      return 'PARTIALLY_FILLED';
    case OrderStatus.Filled:
      return 'FILLED';
    case OrderStatus.Cancelled:
      return 'CANCELED';
    case OrderStatus.Rejected:
      return 'REJECTED';
    case OrderStatus.Expired:
      return order.expiryReason === ExpiryReason.SELF_TRADE_PREVENTION ? 'EXPIRED_IN_MATCH' : 'EXPIRED';
  }
}

/** Why an order expired; undefined where clients get no reason (not expired, or EXPIRED_IN_MATCH says it). */
export function expiryReasonWord(order: Readonly<SpotOrder>): string | undefined {
  if (order.status !== OrderStatus.Expired) return undefined;
  switch (order.expiryReason) {
    case ExpiryReason.NONE:
    case ExpiryReason.SELF_TRADE_PREVENTION:
      return undefined;
    case ExpiryReason.GTD_EXPIRED:
      // Not a Binance reason: the venue ended it.
      return 'EXCHANGE_CANCELED';
    default:
      return expiryReasons[order.expiryReason];
  }
}
