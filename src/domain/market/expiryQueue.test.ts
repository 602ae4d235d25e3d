import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ExpiryQueue } from './expiryQueue.ts';

test('the earliest comes first, ties by order id', () => {
  const queue = new ExpiryQueue();
  expect([queue.nextUs, queue.nextOrderId, queue.size]).toEqual([Number.POSITIVE_INFINITY, -1, 0]);
  for (const [orderId, time] of [
    [7, 50],
    [3, 50],
    [9, 20],
    [1, 90],
  ] as const)
    queue.add(orderId, time);
  const order: number[] = [];
  while (queue.size > 0) {
    order.push(queue.nextOrderId);
    queue.remove(queue.nextOrderId);
  }
  expect(order).toEqual([9, 3, 7, 1]);
});

test('removing anyone keeps the order of the rest', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(20), fc.boolean())), (steps) => {
      const queue = new ExpiryQueue();
      let naive: { readonly orderId: number; readonly time: number }[] = [];
      steps.forEach(([time, removes], orderId) => {
        if (removes && naive.length > 0) {
          const gone = naive[time % naive.length]!;
          naive = naive.filter((other) => other !== gone);
          queue.remove(gone.orderId);
          queue.remove(gone.orderId);
          expect(queue.has(gone.orderId)).toBe(false);
        } else {
          naive.push({ orderId, time });
          queue.add(orderId, time);
        }
        const first = [...naive].sort((a, b) => a.time - b.time || a.orderId - b.orderId)[0];
        expect(queue.size).toBe(naive.length);
        expect(queue.nextUs).toBe(first?.time ?? Number.POSITIVE_INFINITY);
        expect(queue.nextOrderId).toBe(first?.orderId ?? -1);
      });
    }),
  );
});
