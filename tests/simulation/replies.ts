// What a client is told of an order, held against the log: the state it had after the entry that the report names.
import { isTerminal } from '../../src/domain/orderStatus.ts';
import { takerOrderId } from '../../src/domain/spotTrade.ts';
import type { OrderReport } from '../../src/ports/exchangePort.ts';
import { must } from './invariants.ts';
import type { Observer } from './observer.ts';

export function checkReport(observer: Observer, { order, fills, executionId }: OrderReport): void {
  const name = `order ${order.orderId} of ${order.symbol}`;
  const market = observer.market(order.symbol);
  const row = market?.orders.get(order.orderId);
  must(row !== undefined, 'durability', () => `${name} is acknowledged and not in the market's log`);
  must(
    observer.accountsOf(order.accountId).orders.has(order.orderId),
    'durability',
    () => `${name} is acknowledged and not in its account's log`,
  );
  if (market === undefined || row === undefined) return;
  const state = market.states.get(executionId);
  if (state !== undefined) {
    const same =
      state.orderId === order.orderId &&
      state.status === order.status &&
      state.executedLots === order.executedLots &&
      state.cumQuoteUnits === order.cumQuoteUnits &&
      state.origLots === order.origLots;
    must(
      same,
      'replies',
      () =>
        `${name} is told with status ${order.status}, ${order.executedLots} of ${order.origLots} lots; entry ${executionId} says order ${state.orderId}, status ${state.status}, ${state.executedLots} of ${state.origLots}`,
    );
  }
  // What has ended stays as it was told.
  if (isTerminal(order.status))
    must(
      row.status === order.status && row.executedLots === order.executedLots,
      'replies',
      () => `${name} is told as ended with status ${order.status}, the log has ${row.status}`,
    );
  for (const fill of fills) {
    const trade = market.trades[fill.tradeId - 1];
    must(
      trade !== undefined && trade.priceTicks === fill.priceTicks && trade.lots === fill.lots && takerOrderId(trade) === order.orderId,
      'replies',
      () => `${name} is told of trade ${fill.tradeId}, which the log does not have like that`,
    );
  }
}
