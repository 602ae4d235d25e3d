// The distributed benchmark, tiny: orders over three hops of a real nats-server, a bare chain of the same messages beside them (it throws
// where an order is refused or an asset does not add up).
import { expect, test } from 'vitest';
import { startHops } from '../../benchmarks/distributed/bareHops.ts';
import { measureDistributed } from '../../benchmarks/distributed/distributed.ts';

test('orders over three hops, and a bare chain', { timeout: 120_000 }, async () => {
  const result = await measureDistributed({
    servers: 1,
    syncAlways: false,
    accounts: 20,
    window: 32,
    warmUpOrders: 100,
    roundOrders: 200,
    rounds: 2,
    steadySeconds: 1,
    aloneOrders: 20,
    nodeFlags: [],
    startHops: async (hops) => {
      const { bus, done } = await startHops(hops);
      return async () => {
        await bus.close();
        await done;
      };
    },
  });
  expect(result.ordersPerSecond).toHaveLength(2);
  expect(Math.min(...result.ordersPerSecond, ...result.bareOrdersPerSecond)).toBeGreaterThan(0);
  // What a message carries: orders of a batch, their bytes on the way there, in the market and back.
  expect(result.ordersPerMessage).toBeGreaterThanOrEqual(1);
  expect(Math.min(...result.bytesPerMessage)).toBeGreaterThan(50);
  expect(result.atHalfLoad.fills).toBeGreaterThan(0);
  for (const { p50, p99 } of [result.atHalfLoad.placeToFillMs, result.aloneMs]) {
    expect(p50).toBeGreaterThan(0);
    expect(p99).toBeGreaterThanOrEqual(p50);
  }
});
