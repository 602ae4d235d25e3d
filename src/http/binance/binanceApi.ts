// The whole Binance-compatible API as one attachment of the server: REST, streams, WebSocket API over one edge, so that
// they share rate limits, order counts and listenKeys.
import type { EdgeApi } from '../server.ts';
import { BinanceEdge } from './edge.ts';
import { binanceRestApi } from './rest/restApi.ts';
import type { BinanceSettings } from './settings.ts';
import { attachBinanceSockets } from './sockets/binanceSockets.ts';
import type { SocketSettings } from './sockets/socketSettings.ts';

export interface BinanceApiOptions {
  readonly settings?: Partial<BinanceSettings>;
  readonly sockets?: Partial<SocketSettings>;
}

export function binanceApi(options: BinanceApiOptions = {}): EdgeApi {
  return async (server) => {
    const { exchange, logger, router } = server;
    const edge = new BinanceEdge({
      exchange,
      ...(options.settings === undefined ? {} : { settings: options.settings }),
      onUnexpected: (err, { name, restRoutes }) => logger.error({ err, method: name || restRoutes[0]?.path }, 'a Binance call failed'),
    });
    await binanceRestApi(edge)(server);
    attachBinanceSockets(router, {
      edge,
      ...(options.sockets === undefined ? {} : { settings: options.sockets }),
      onUnexpected: (err) => logger.error({ err }, 'a Binance socket failed'),
    });
  };
}
