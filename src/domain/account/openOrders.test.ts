import { expect, test } from 'vitest';
import type { SpotOrder } from '../spotOrder.ts';
import { OpenOrder } from './openOrder.ts';
import { OpenOrders } from './openOrders.ts';
import { OrderIndex } from './orderIndex.ts';

const orderOf = (orderId: number, clientOrderId = `c${orderId}`, symbol = 'BTCUSDT'): OpenOrder =>
  new OpenOrder({ orderId, clientOrderId, symbol } as SpotOrder);

test('orders of several accounts share an index, and each account has its own by ascending id', () => {
  const index = new OrderIndex();
  const accounts = [new OpenOrders(1, index), new OpenOrders(2, index)] as const;
  const expected: OpenOrder[][] = [[], []];
  let seed = 7;
  for (let orderId = 1; orderId < 2_000; orderId++) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    const which = (seed >>> 16) % 2 === 0 ? 0 : 1;
    const mine = expected[which] as OpenOrder[];
    if ((seed >>> 20) % 3 === 0 && mine.length > 0) {
      const [ended] = mine.splice((seed >>> 8) % mine.length, 1) as [OpenOrder];
      accounts[which].remove(ended);
      expect(ended.owner).toBe(undefined);
      expect(index.get(ended.orderId)).toBe(undefined);
    } else {
      const order = orderOf(orderId);
      accounts[which].add(order);
      mine.push(order);
    }
    expect(accounts.map(({ size }) => size)).toEqual(expected.map(({ length }) => length));
  }
  for (const [i, account] of accounts.entries()) {
    expect([...account.values()]).toEqual(expected[i]);
    expect([...account.keys()]).toEqual(expected[i]?.map(({ orderId }) => orderId));
  }
  const [first] = expected[0] as [OpenOrder];
  expect(accounts[0].get(first.orderId)).toBe(first);
  expect(accounts[1].get(first.orderId)).toBe(undefined);
  expect(index.get(first.orderId)?.owner?.accountId).toBe(1);
});

test('ids ascend', () => {
  const orders = new OpenOrders(1, new OrderIndex());
  orders.add(orderOf(5));
  expect(() => orders.add(orderOf(4))).toThrow('ascending');
});

test('moving to another index leaves what has the ids there by now', () => {
  const [from, to] = [new OrderIndex(), new OrderIndex()];
  const broken = new OpenOrders(1, from);
  for (const id of [1, 2, 3]) broken.add(orderOf(id));
  const other = new OpenOrders(2, from);
  other.add(orderOf(9));
  broken.moveTo(to);
  expect([1, 2, 3, 9].map((id) => from.get(id)?.orderId)).toEqual([undefined, undefined, undefined, 9]);
  expect([1, 2, 3].map((id) => to.get(id)?.orderId)).toEqual([1, 2, 3]);
  expect(broken.get(2)?.orderId).toBe(2);
  broken.moveTo(undefined);
  expect(to.size).toBe(0);
  expect(broken.size).toBe(3);
});

test("a name is an account's own on each symbol, and follows a rename", () => {
  const index = new OrderIndex();
  const [mine, theirs] = [new OpenOrders(1, index), new OpenOrders(2, index)];
  const [here, there, other] = [orderOf(1, 'x'), orderOf(2, 'x', 'ETHUSDT'), orderOf(3, 'x')];
  mine.add(here);
  mine.add(there);
  theirs.add(other);
  expect([mine.named('BTCUSDT', 'x'), mine.named('ETHUSDT', 'x'), theirs.named('BTCUSDT', 'x')]).toEqual([here, there, other]);
  expect([theirs.named('ETHUSDT', 'x'), mine.named('BTCUSDT', 'y')]).toEqual([undefined, undefined]);
  mine.rename(here, 'y');
  expect([mine.named('BTCUSDT', 'x'), mine.named('BTCUSDT', 'y'), mine.named('ETHUSDT', 'x')]).toEqual([undefined, here, there]);
  mine.remove(there);
  expect([mine.named('ETHUSDT', 'x'), mine.named('BTCUSDT', 'y'), theirs.named('BTCUSDT', 'x')]).toEqual([undefined, here, other]);
});

test('names of one hash are told apart, whatever the order in which they go', () => {
  const index = new OrderIndex();
  const orders = new OpenOrders(1, index);
  // The same name on many symbols has one hash.
  const open = Array.from({ length: 5 }, (_, i) => orderOf(i + 1, 'same', `S${i}`));
  for (const order of open) orders.add(order);
  for (const gone of [2, 4, 0, 3, 1]) {
    orders.remove(open[gone] as OpenOrder);
    open[gone]!.closed = true;
    expect(open.map((order) => orders.named(order.symbol, 'same'))).toEqual(open.map((order) => (order.closed ? undefined : order)));
  }
});
