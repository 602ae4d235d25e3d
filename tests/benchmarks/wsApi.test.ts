// The WS-API benchmark, tiny: pipelined orders over real sockets are all answered, signed and in a session.
import { expect, it } from 'vitest';
import { PipeliningClient } from '../../benchmarks/wsApi/client.ts';
import { startOrderServer } from '../../benchmarks/wsApi/orderServer.ts';
import { signedParams } from '../fixtures/signedParams.ts';

it('answers every pipelined order', async () => {
  const server = await startOrderServer();
  const client = await PipeliningClient.open(server.port, '/ws-api/v3');
  const order = { symbol: 'BTCUSDT', side: 'BUY', type: 'MARKET', quantity: '0.01' };
  const request = (method: string, params: object) => JSON.stringify({ id: 1, method, params });
  const signed = request('order.place', signedParams(order));
  expect(JSON.parse(await client.ask(signed))).toMatchObject({ status: 200, result: { orderId: 1, type: 'MARKET' } });
  await client.run(signed, 300, 64);
  expect(JSON.parse(await client.ask(request('session.logon', signedParams())))).toMatchObject({ status: 200 });
  const { timestamp } = signedParams();
  await client.run(request('order.place', { ...order, timestamp }), 300, 64);
  const last = JSON.parse(await client.ask(signed)) as { result: { orderId: number } };
  expect(last.result.orderId).toBe(602);
  client.close();
  await server.close();
});
