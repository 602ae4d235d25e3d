// The edges of a process: one HTTP server with every API on it.
import { binanceOptions } from './config/binanceSchema.ts';
import type { Config } from './config/schema.ts';
import { adminApi } from './http/admin/adminApi.ts';
import { binanceApi } from './http/binance/binanceApi.ts';
import { nativeApi } from './http/native/nativeApi.ts';
import { nativeSockets } from './http/native/ws/nativeSockets.ts';
import { openApi } from './http/openApi.ts';
import { buildServer, type HttpServer } from './http/server.ts';
import type { ExchangePort } from './ports/exchangePort.ts';
import type { Logger } from './support/logger.ts';

export interface EdgesDeps {
  readonly exchange: ExchangePort;
  readonly config: Config;
  readonly adminToken: string;
  readonly logger: Logger;
}

/** Built, not listening yet. */
export function serveEdges(deps: EdgesDeps): Promise<HttpServer> {
  const { exchange, config, adminToken, logger } = deps;
  return buildServer({
    exchange,
    config: { ...config.http, adminToken },
    logger,
    apis: [openApi, nativeApi, adminApi, nativeSockets, binanceApi(binanceOptions(config.binance, config.pipeline.accountLimits))],
  });
}
