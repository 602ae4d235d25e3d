// The edges of a process: one HTTP server with every API on it.
import { binanceOptions } from './config/binanceSchema.ts';
import type { Config } from './config/schema.ts';
import { adminApi } from './http/admin/adminApi.ts';
import { binanceApi } from './http/binance/binanceApi.ts';
import { healthApi } from './http/native/healthApi.ts';
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
  readonly forClients: boolean;
}

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;

/** Built, not listening yet. A process that serves no clients says how it is, and nothing else. */
export function serveEdges(deps: EdgesDeps): Promise<HttpServer> {
  const { exchange, config, adminToken, logger, forClients } = deps;
  const apis = forClients
    ? [openApi, healthApi, nativeApi, adminApi, nativeSockets, binanceApi(binanceOptions(config.binance, config.pipeline.accountLimits))]
    : [healthApi];
  const { host, tlsCertFile, trustedProxies } = config.http;
  if (forClients && tlsCertFile === '' && trustedProxies.length === 0 && !LOOPBACK.test(host)) {
    logger.warn({ host }, 'plain HTTP for others than this machine: everybody on the way reads it, admin tokens too (docs/security.md)');
  }
  return buildServer({ exchange, config: { ...config.http, adminToken }, logger, apis });
}
