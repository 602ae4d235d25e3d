// What must hold of a symbol's state between any two commands. Walks everything: for tests, simulations and `verify`.
import { InvariantError } from '../assert.ts';
import { OrderStatus } from '../orderStatus.ts';
import { isTriggered, Side } from '../orderTerms.ts';
import { leavesLots, type SpotOrder } from '../spotOrder.ts';
import { limitTicks, visibleLots } from './liveOrder.ts';
import { isConditional, type MarketState } from './marketState.ts';
import { isTriggeredAt } from './triggerBook.ts';

function must(condition: boolean, what: string): void {
  if (!condition) throw new InvariantError(what);
}

export function checkMarket(state: MarketState): void {
  must(state.taker === null, 'nothing is being matched between commands');
  const bid = state.book.bestTicks(Side.BUY);
  const ask = state.book.bestTicks(Side.SELL);
  must(bid === 0 || ask === 0 || bid < ask, `the book is crossed: ${bid} >= ${ask}`);
  const seen = new Set<number>();
  const expiring = { count: 0 };
  const icebergs = checkSide(state, Side.BUY, seen, expiring) + checkSide(state, Side.SELL, seen, expiring);
  must(seen.size === state.book.size, 'the book holds as many orders as its queues');
  must(icebergs === state.icebergs, 'the icebergs on the book are counted');
  for (const order of state.triggers.byArrival()) checkArmed(state, order, seen, expiring);
  for (const { order } of state.parked.values()) {
    checkOnce(order, seen);
    must(isConditional(order) && order.workingUs === 0, `parked order ${order.orderId} is not live`);
    must(state.lists.has(order.orderListId), `parked order ${order.orderId} has an open list`);
  }
  must(expiring.count === state.expiry.size, 'every good-till-date order that is live, and nobody else, awaits its end');
  for (const list of state.lists.values()) {
    must(state.hasOpenLeg(list), `open list ${list.orderListId} has an open leg`);
    for (const orderId of list.orderIds) {
      const leg = state.find(orderId);
      must(leg === undefined || leg.orderListId === list.orderListId, `order ${orderId} is a leg of its list`);
    }
  }
}

/** Levels descend from the best, add up, and hold live orders that rest where they say. Returns the icebergs among them. */
function checkSide(state: MarketState, side: Side, seen: Set<number>, expiring: { count: number }): number {
  const { book } = state;
  let levels = 0;
  let icebergs = 0;
  let previous = 0;
  for (let ticks = book.bestTicks(side); ticks !== 0; ticks = book.nextTicks(side, ticks)) {
    must(previous === 0 || (side === Side.BUY ? ticks < previous : ticks > previous), 'prices get worse');
    previous = ticks;
    levels += 1;
    let lots = 0;
    let count = 0;
    for (let node = book.nodeAt(side, ticks); node !== 0; node = book.nextInQueue(node)) {
      const order = state.row(node);
      const name = `resting order ${order.orderId}`;
      checkOnce(order, seen);
      must(book.find(order.orderId) === node, `${name} is found by its id`);
      must(order.side === side && limitTicks(order) === ticks, `${name} rests at its price`);
      must(book.lots(node) === order.bookLots && order.bookLots > 0, `${name} shows its lots`);
      must(order.bookLots <= visibleLots(order, leavesLots(order)), `${name} shows no more than it has`);
      must(order.icebergLots > 0 || order.bookLots === leavesLots(order), `${name} shows all it has`);
      const status = order.executedLots > 0 ? OrderStatus.PartiallyFilled : OrderStatus.Pending;
      must(order.status === status, `${name} has the state of its fills`);
      if (order.icebergLots > 0) icebergs += 1;
      if (order.expireUs > 0) {
        expiring.count += 1;
        must(state.expiry.has(order.orderId), `${name} awaits its end`);
      }
      lots += order.bookLots;
      count += 1;
    }
    must(lots === book.lotsAt(side, ticks) && count === book.countAt(side, ticks), `level ${ticks} adds up`);
  }
  must(levels === book.levelCount(side), 'all levels are linked');
  return icebergs;
}

function checkArmed(state: MarketState, order: SpotOrder, seen: Set<number>, expiring: { count: number }): void {
  const name = `armed order ${order.orderId}`;
  checkOnce(order, seen);
  must(isConditional(order) && isTriggered(order.type), `${name} is conditional`);
  must(!state.triggers.isFired(order.orderId), `${name} has gone when it fired`);
  must(state.triggers.isTrailing(order.orderId) === order.trailingUs > 0, `${name} trails when it is active`);
  if (order.trailingUs === 0 && state.lastPriceTicks > 0)
    must(!isTriggeredAt(order, state.lastPriceTicks), `${name} is not triggered by the last price`);
  if (order.expireUs > 0) {
    expiring.count += 1;
    must(state.expiry.has(order.orderId), `${name} awaits its end`);
  }
}

function checkOnce(order: Readonly<SpotOrder>, seen: Set<number>): void {
  must(!seen.has(order.orderId), `order ${order.orderId} is in one place`);
  seen.add(order.orderId);
}
