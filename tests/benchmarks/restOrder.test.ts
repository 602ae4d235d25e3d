// The REST benchmark, tiny and in one process: every signed order is answered, by the bare route, the edges and a whole venue.
import { expect, test } from 'vitest';
import { runClient } from '../../benchmarks/restOrder/client.ts';
import { measureRoutes } from '../../benchmarks/restOrder/measure.ts';
import { bareBinanceServer, bareNativeServer, binanceServer, embeddedServer, nativeServer } from '../../benchmarks/restOrder/servers.ts';

const OPTIONS = { rounds: 1, requests: 200, seconds: 0.1 };

test.each([
  ['native', { bare: bareNativeServer, edge: nativeServer }],
  ['binance', { bare: bareBinanceServer, edge: binanceServer, embedded: embeddedServer }],
])('%s', async (_, make) => {
  const servers = Object.fromEntries(await Promise.all(Object.entries(make).map(async ([name, open]) => [name, await open()] as const)));
  try {
    const rows = await measureRoutes(servers, runClient, OPTIONS);
    expect(rows.map(({ what }) => what)).toEqual(Object.keys(make));
    for (const { requestsPerSecond, p50, p99 } of rows) {
      expect(requestsPerSecond).toBeGreaterThan(0);
      expect(p99).toBeGreaterThanOrEqual(p50);
      expect(p50).toBeGreaterThan(0);
    }
    // The check can fail.
    const broken = { broken: { ...servers.bare!, keys: [{ apiKey: 'x', secret: 'y' }] } };
    await expect(measureRoutes(broken, runClient, OPTIONS)).rejects.toThrow('broken: ');
  } finally {
    for (const server of Object.values(servers)) await server.close();
  }
});
