// Cancels and amends: the account's writer finds the order and passes the request on; the symbol's writer decides. In: a
// command. Out: SpotOrder Updated{request}. A cancel-replace is a cancel that carries its replacement (see settling.ts).
import type { AmendOrder, CancelAllOrders, CancelOrder, CancelOrderList, CancelReplace, CommandReply, OrderRef } from '../command.ts';
import type { Instrument } from '../instrument.ts';
import { checkQuantity } from '../newOrderChecks.ts';
import { CancelRestriction, RequestKind } from '../orderTerms.ts';
import { type EngineReason, EngineReject } from '../rejectReason.ts';
import type { OrderRequest, Replacement, RequestOutcome } from '../spotOrder.ts';
import type { DeferredReply } from './account.ts';
import { refuseAmends, refuseCancels, refuseCounts, refuseNewOrders } from './limits.ts';
import { OpenList, OpenOrder } from './openOrder.ts';
import { placeOrder, refused } from './placing.ts';
import type { Step } from './step.ts';

export function cancelOrder(step: Step, command: CancelOrder): CommandReply {
  const reason = refuse(step, command.symbol, refuseCancels);
  if (reason !== undefined) return refused(reason);
  const order = findOrder(step, command.symbol, command, EngineReject.UNKNOWN_ORDER);
  if (!(order instanceof OpenOrder)) return refused(order);
  step.request(order, cancelOf(command.commandId, order, command.cancelClientOrderId, command.restriction));
  return requested([order.orderId], null);
}

export function cancelOrderList(step: Step, command: CancelOrderList): CommandReply {
  const reason = refuse(step, command.symbol, refuseCancels);
  if (reason !== undefined) return refused(reason);
  const list = findList(step, command);
  if (!(list instanceof OpenList)) return refused(list);
  const leg = list.legs[0] as OpenOrder;
  step.request(leg, cancelOf(command.commandId, leg, command.cancelClientOrderId, CancelRestriction.NONE));
  return requested([leg.orderId], list);
}

/** One request per order, and one per list: cancelling a leg ends its list. */
export function cancelAllOrders(step: Step, command: CancelAllOrders): CommandReply {
  const reason = refuse(step, command.symbol, refuseCancels);
  if (reason !== undefined) return refused(reason);
  const ids: number[] = [];
  for (const order of step.state.orders.values()) {
    if (order.row.symbol !== command.symbol) continue;
    if (order.list !== undefined && order.list.legs[0] !== order) continue;
    step.request(order, cancelOf(command.commandId, order, '', CancelRestriction.NONE));
    ids.push(order.orderId);
  }
  if (ids.length === 0) return refused(EngineReject.NOTHING_OPEN);
  return requested(ids, null);
}

export function cancelReplace(step: Step, command: CancelReplace): CommandReply | DeferredReply | 'deferred' {
  const { state, context } = step;
  const profile = context.profile(state.accountId);
  if (profile === undefined) return refused(EngineReject.UNKNOWN_ACCOUNT);
  const instrument = context.instrument(command.symbol);
  if (instrument === undefined) return refused(EngineReject.UNKNOWN_SYMBOL);
  // Binance rest-api.md: filters and counts come before either half.
  const reason =
    refuseNewOrders(profile, instrument) ??
    (instrument.cancelReplaceAllowed ? undefined : EngineReject.CANCEL_REPLACE_UNSUPPORTED) ??
    refuseCounts(state, context, instrument, [command.order], 0);
  if (reason !== undefined) return refused(reason);

  const order = findOrder(step, command.symbol, command, EngineReject.UNKNOWN_ORDER);
  if (order instanceof OpenOrder) {
    const { commandId, cancelClientOrderId, restriction, allowFailure } = command;
    const replacement: Replacement = { allowFailure, order: command.order };
    step.request(order, { ...cancelOf(commandId, order, cancelClientOrderId, restriction), replacement });
    return 'deferred';
  }
  const cancel: RequestOutcome = {
    commandId: command.commandId,
    kind: RequestKind.CANCEL,
    code: order.code,
    clientOrderId: command.cancelClientOrderId,
  };
  const place = command.allowFailure ? placeOrder(step, command.commandId, command.symbol, command.order) : null;
  return { commandId: command.commandId, cancel, place };
}

export function amendOrder(step: Step, command: AmendOrder): CommandReply {
  const reason = refuse(step, command.symbol, refuseAmends);
  if (reason !== undefined) return refused(reason);
  const order = findOrder(step, command.symbol, command, EngineReject.AMEND_UNKNOWN_ORDER);
  if (!(order instanceof OpenOrder)) return refused(order);
  const problem = refuseAmend(step, command, order);
  if (problem !== undefined) return refused(problem);
  step.request(order, {
    kind: RequestKind.AMEND,
    commandId: command.commandId,
    symbol: order.row.symbol,
    clientOrderId: command.newClientOrderId,
    restriction: CancelRestriction.NONE,
    lots: command.newLots,
  });
  return requested([order.orderId], null);
}

function refuseAmend(step: Step, command: AmendOrder, order: OpenOrder): EngineReason | undefined {
  const instrument = step.instrumentOf(command.symbol);
  const { newLots, newClientOrderId } = command;
  if (!instrument.amendAllowed) return EngineReject.AMEND_UNSUPPORTED;
  // Only an OPO's pending leg has no quantity of its own yet.
  if (order.parked && order.origLots === 0) return EngineReject.AMEND_OPO_PENDING;
  if (newLots > order.origLots) return EngineReject.AMEND_INCREASE;
  if (newLots === order.origLots) return EngineReject.AMEND_NO_CHANGE;
  const { maxNumOrderAmends } = instrument.filters;
  if (maxNumOrderAmends > 0 && order.amendCount >= maxNumOrderAmends) return EngineReject.AMEND_LIMIT;
  if (newClientOrderId !== '') {
    const named = step.state.orderNamed(command.symbol, newClientOrderId);
    if (named !== undefined && named !== order) return EngineReject.DUPLICATE_ORDER;
  }
  // The visible part follows the quantity down, so it is not what an amend can break.
  return checkQuantity(instrument, { ...order.row, icebergLots: 0 }, newLots);
}

type Refusal = (profile: NonNullable<ReturnType<Step['context']['profile']>>, instrument: Instrument) => EngineReason | undefined;

function refuse(step: Step, symbol: string, why: Refusal): EngineReason | undefined {
  const profile = step.context.profile(step.state.accountId);
  if (profile === undefined) return EngineReject.UNKNOWN_ACCOUNT;
  const instrument = step.context.instrument(symbol);
  if (instrument === undefined) return EngineReject.UNKNOWN_SYMBOL;
  return why(profile, instrument);
}

function findOrder(step: Step, symbol: string, ref: OrderRef, unknown: EngineReason): OpenOrder | EngineReason {
  const { orderId, origClientOrderId } = ref;
  if (orderId === 0 && origClientOrderId === '') return EngineReject.CANCEL_MISMATCH;
  if (orderId === 0) return step.state.orderNamed(symbol, origClientOrderId) ?? unknown;
  const order = step.state.orders.get(orderId);
  if (order === undefined || order.row.symbol !== symbol) return unknown;
  if (origClientOrderId !== '' && step.state.orderNamed(symbol, origClientOrderId) !== order) return EngineReject.CANCEL_MISMATCH;
  return order;
}

function findList(step: Step, command: CancelOrderList): OpenList | EngineReason {
  const { symbol, orderListId, listClientOrderId } = command;
  if (orderListId === 0 && listClientOrderId === '') return EngineReject.CANCEL_MISMATCH;
  if (orderListId === 0) return step.state.listNamed(symbol, listClientOrderId) ?? EngineReject.UNKNOWN_ORDER;
  const list = step.state.lists.get(orderListId);
  if (list === undefined || list.row.symbol !== symbol) return EngineReject.UNKNOWN_ORDER;
  if (listClientOrderId !== '' && list.row.listClientOrderId !== listClientOrderId) return EngineReject.CANCEL_MISMATCH;
  return list;
}

function cancelOf(commandId: number, order: OpenOrder, clientOrderId: string, restriction: CancelRestriction): OrderRequest {
  return { kind: RequestKind.CANCEL, commandId, symbol: order.row.symbol, clientOrderId, restriction, lots: 0 };
}

function requested(ids: readonly number[], list: OpenList | null): CommandReply {
  return { ok: true, orders: [], list: list === null ? null : list.row, requestedOrderIds: ids };
}
