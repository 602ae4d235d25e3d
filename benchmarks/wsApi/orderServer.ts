// The Binance WebSocket API over an exchange that accepts every order at once, and an echo beside it.
import { pino } from 'pino';
import { BinanceEdge } from '../../src/http/binance/edge.ts';
import { DEFAULT_RATE_LIMITS } from '../../src/http/binance/rateLimits/rateLimitSettings.ts';
import { attachBinanceSockets } from '../../src/http/binance/sockets/binanceSockets.ts';
import { buildServer } from '../../src/http/server.ts';
import { Outbox } from '../../src/http/ws/outbox.ts';
import { fakeExchange, orderOf, reportOf } from '../../tests/fixtures/fakeExchange.ts';
import { testConfig } from '../../tests/fixtures/testServer.ts';

export async function startOrderServer(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const exchange = fakeExchange();
  let nextId = 1;
  exchange.placeOrder = async (command) => ({
    ok: true as const,
    report: reportOf(orderOf(command, command.order, nextId++)),
  });
  const edge = new BinanceEdge({
    exchange,
    settings: { rateLimits: { ...DEFAULT_RATE_LIMITS, enforced: false } },
    onUnexpected: (error) => {
      throw error;
    },
  });
  const server = await buildServer({
    exchange,
    config: testConfig(),
    logger: pino({ level: 'silent' }),
    apis: [
      ({ router, config }) => {
        attachBinanceSockets(router, { edge });
        router.route(
          (path) => path === '/echo',
          (webSocket, _request, { stream }) => {
            const outbox = new Outbox(webSocket, stream, { ...config.ws, closeTimeoutMs: 1000 });
            webSocket.on('message', (data) => outbox.sendText(data.toString()));
          },
        );
      },
    ],
  });
  const url = new URL(await server.listen());
  return {
    port: Number(url.port),
    async close() {
      edge.close();
      await server.close();
    },
  };
}
