import { expect, test } from 'vitest';
import { IdMap } from '../idMap.ts';
import type { SpotOrder } from '../spotOrder.ts';
import { OpenOrder } from './openOrder.ts';
import { OpenOrders, type OrderIndex } from './openOrders.ts';

const orderOf = (orderId: number): OpenOrder => new OpenOrder({ orderId } as SpotOrder);

test('orders of several accounts share an index, and each account has its own by ascending id', () => {
  const index: OrderIndex = new IdMap();
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
      expect(index.has(ended.orderId)).toBe(false);
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
  const orders = new OpenOrders(1, new IdMap());
  orders.add(orderOf(5));
  expect(() => orders.add(orderOf(4))).toThrow('ascending');
});

test('moving to another index leaves what has the ids there by now', () => {
  const [from, to]: [OrderIndex, OrderIndex] = [new IdMap(), new IdMap()];
  const broken = new OpenOrders(1, from);
  for (const id of [1, 2, 3]) broken.add(orderOf(id));
  const other = new OpenOrders(2, from);
  other.add(orderOf(9));
  broken.moveTo(to);
  expect([...from.keys()]).toEqual([9]);
  expect([...to.keys()].sort()).toEqual([1, 2, 3]);
  expect(broken.get(2)?.orderId).toBe(2);
  broken.moveTo(undefined);
  expect(to.size).toBe(0);
  expect(broken.size).toBe(3);
});
