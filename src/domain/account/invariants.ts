// What must hold of an account between two steps. Checked by tests after every step, and by the running stage on demand.
import { assert } from '../assert.ts';
import type { Instrument } from '../instrument.ts';
import { isMarketLike, isTriggered, PegPriceType, Side } from '../orderTerms.ts';
import type { InstrumentLookup } from './account.ts';
import type { AccountState } from './accountState.ts';
import type { OpenOrder } from './openOrder.ts';
import { needUnits, reservedAsset } from './reservation.ts';
import { SymbolOrders } from './symbolOrders.ts';

export function reservationsOf(state: AccountState, context: InstrumentLookup): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const order of state.orders.values()) {
    if (order.reservedUnits === 0n) continue;
    const asset = reservedAsset(instrumentOf(order, context), order.row.side);
    sums.set(asset, (sums.get(asset) ?? 0n) + order.reservedUnits);
  }
  return sums;
}

export function checkInvariants(state: AccountState, context: InstrumentLookup): void {
  const who = `account ${state.accountId}`;
  const reserved = reservationsOf(state, context);
  for (const { asset, free, locked, touched, updateUs } of state.holdings()) {
    assert(free >= 0n, `${who}: free ${asset} is ${free}`);
    assert(locked === (reserved.get(asset) ?? 0n), `${who}: ${locked} ${asset} locked, ${reserved.get(asset)} reserved`);
    assert(updateUs >= 0 && !touched, `${who}: ${asset} differs from its log`);
    reserved.delete(asset);
  }
  for (const [asset, units] of reserved) assert(units === 0n, `${who}: ${units} ${asset} reserved and none held`);
  for (const order of state.orders.values()) checkOrder(order, context);
  checkIndexes(state, who);
}

function checkOrder(order: OpenOrder, context: InstrumentLookup): void {
  const { row, orderId, reservedUnits, leavesLots } = order;
  assert(reservedUnits >= 0n, `order ${orderId} has ${reservedUnits} reserved`);
  assert(!order.closed && order.changes === null, `order ${orderId} is half closed`);
  // Orders by quote amount, and an OPO's pending leg before it has its quantity, have no quantity to leave.
  assert(leavesLots >= 0 || order.origLots === 0, `order ${orderId} leaves ${leavesLots}`);
  if (order.parked || order.partner !== undefined) return;
  const bounded = row.side === Side.SELL ? order.origLots > 0 : !isMarketLike(row.type);
  if (!bounded || row.pegPriceType !== PegPriceType.NONE) return;
  // A pending leg that could not be funded waits, without funds, for the symbol's writer to reject it.
  if (reservedUnits === 0n && order.list !== undefined) return;
  const need = needUnits(instrumentOf(order, context), order);
  assert(reservedUnits === need, `order ${orderId} has ${reservedUnits} reserved and needs ${need}`);
}

/** The counts and names by symbol are those of the open orders. */
function checkIndexes(state: AccountState, who: string): void {
  const expected = new Map<string, SymbolOrders>();
  const names = new Set<string>();
  const of = (symbol: string): SymbolOrders => {
    const open = expected.get(symbol) ?? new SymbolOrders();
    expected.set(symbol, open);
    return open;
  };
  for (const order of state.orders.values()) {
    const open = of(order.row.symbol);
    open.orders++;
    if (isTriggered(order.row.type)) open.algos++;
    if (order.row.icebergLots > 0) open.icebergs++;
    const name = JSON.stringify([order.row.symbol, order.clientOrderId]);
    assert(!names.has(name), `${who}: two orders named ${order.clientOrderId}`);
    names.add(name);
    assert(state.orders.get(order.orderId) === order, `${who}: order ${order.orderId} is not found by its id`);
    assert(state.orders.named(order.row.symbol, order.clientOrderId) === order, `${who}: order ${order.orderId} is not found by its name`);
  }
  for (const list of state.lists.values()) {
    of(list.row.symbol).lists++;
    assert(list.legs.length > 0, `${who}: list ${list.orderListId} is open without legs`);
  }
  assert(state.symbols.size === expected.size, `${who}: ${state.symbols.size} symbols with something open`);
  for (const [symbol, { orders, algos, icebergs, lists }] of expected) {
    const open = state.symbols.get(symbol);
    assert(
      open?.orders === orders && open.algos === algos && open.icebergs === icebergs && open.lists === lists,
      `${who}: ${symbol} is miscounted`,
    );
  }
  for (const { orderId } of state.inFlight.values())
    assert(state.orders.has(orderId), `${who}: a request waits for order ${orderId}, which has ended`);
}

function instrumentOf(order: OpenOrder, context: InstrumentLookup): Instrument {
  const instrument = context.instrument(order.row.symbol);
  assert(instrument !== undefined, `no instrument ${order.row.symbol}`);
  return instrument;
}
