// The HTTP server of every API: builds it, never listens by itself. In: the exchange as a port, the settings, a logger.
// Out: an app to inject into (tests) or to listen with. Limits, errors and shutdown are decided here, once, for all APIs.
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import type { ExchangePort } from '../ports/exchangePort.ts';
import { AddressRate } from './addressRate.ts';
import { addressKey, trustsProxy } from './clientAddress.ts';
import { limitConnections } from './connectionLimit.ts';
import { ApiError, EdgeReject, toApiError } from './errors.ts';
import type { HttpConfig } from './httpConfig.ts';
import { RouteTable } from './routeTable.ts';
import { rawAnswer, UpgradeRouter } from './ws/upgradeRouter.ts';

/** What an API gets to attach itself to. */
export interface Edge {
  readonly app: FastifyInstance;
  readonly router: UpgradeRouter;
  readonly exchange: ExchangePort;
  readonly config: HttpConfig;
  readonly logger: FastifyBaseLogger;
  /** onRequest hook of the APIs that have no limits of their own: refuses an address that asks too often. */
  readonly limitRate: (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void;
}

/** Registers an API's routes and upgrades; called once, before the server is ready. */
export type EdgeApi = (edge: Edge) => Promise<void> | void;

export interface ServerDeps {
  readonly exchange: ExchangePort;
  readonly config: HttpConfig;
  readonly logger: FastifyBaseLogger;
  /** The APIs to serve, in the order they are described in. */
  readonly apis: readonly EdgeApi[];
}

export interface HttpServer {
  readonly app: FastifyInstance;
  readonly router: UpgradeRouter;
  /** Resolves with the URL once connections are accepted. */
  listen(): Promise<string>;
  /** Stops accepting, finishes requests in progress, closes WebSockets with 1001; cuts what is left after closeTimeoutMs. */
  close(): Promise<void>;
}

export async function buildServer(deps: ServerDeps): Promise<HttpServer> {
  const { exchange, config, logger } = deps;
  const { limits } = config;
  const trusts = trustsProxy(config.trustedProxies);
  const app = createApp(config, logger, trusts);
  const router = new UpgradeRouter({
    config: config.ws,
    urlLengthMax: limits.urlLengthMax,
    trusts,
    onError: (error) => logger.error({ err: error }, 'a WebSocket handler failed'),
  });
  app.server.on('upgrade', router.upgrade);
  app.server.maxConnections = limits.connectionsMax;
  limitConnections(app.server, {
    perAddressMax: limits.connectionsPerAddressMax,
    trusts,
    onRefused: (address) =>
      logger.warn({ address }, 'connections above http.limits.connectionsPerAddressMax are cut; a proxy belongs in http.trustedProxies'),
  });
  app.server.headersTimeout = limits.headersTimeoutMs;
  // One more than is allowed, so that too many can be told from just enough: Node.js drops the rest in silence.
  app.server.maxHeadersCount = limits.headersMax + 1;

  const routes = new RouteTable();
  app.addHook('onRoute', (route) => routes.add(route.method, route.url));
  app.removeContentTypeParser('text/plain');
  handleFailures(app, routes, router, config, logger);
  const limitRate = rateHook(config, exchange);
  for (const api of deps.apis) await api({ app, router, exchange, config, logger, limitRate });
  await app.ready();

  return {
    app,
    router,
    listen: () => app.listen({ host: config.host, port: config.port }),
    close: () => close(app, router, limits.closeTimeoutMs),
  };
}

function rateHook({ rateLimit }: HttpConfig, { clock }: ExchangePort): Edge['limitRate'] {
  const rate = new AddressRate(rateLimit);
  const params = { limit: rateLimit.requestsPerSecond, interval: 'second' };
  return (request, _reply, done) => {
    const waitSeconds = rate.take(addressKey(request.ip), clock.nowUs());
    done(waitSeconds === 0 ? undefined : new ApiError(EdgeReject.TOO_MANY_REQUESTS, params, { retryAfterSeconds: waitSeconds }));
  };
}

function createApp(config: HttpConfig, logger: FastifyBaseLogger, trusts: (address: string) => boolean): FastifyInstance {
  const { limits } = config;
  const maxHeaderSize = limits.headerBytesMax;
  // Node.js looks for requests that take too long this often, and only then: half of the time-out they have, at most a second.
  const connectionsCheckingInterval = Math.min(1000, Math.ceil(limits.headersTimeoutMs / 2));
  const options = {
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    // Nobody logs by request: a logger of each one's own would be made for nothing.
    childLoggerFactory: (parent: FastifyBaseLogger) => parent,
    bodyLimit: limits.bodyBytesMax,
    requestTimeout: limits.requestTimeoutMs,
    connectionTimeout: limits.stalledTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    forceCloseConnections: 'idle',
    // Requests on open connections are served to the end, with Connection: close.
    return503OnClosing: false,
    exposeHeadRoutes: false,
    trustProxy: config.trustedProxies.length === 0 ? false : (address: string) => trusts(address),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
    clientErrorHandler: onClientError,
    // URLs that cannot be routed never reach the error handler.
    frameworkErrors: (error: Error, _request: FastifyRequest, reply: FastifyReply) => {
      sendError(reply, toApiError(error, limits));
    },
    // Nothing is removed, converted or filled in behind a client's back.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false, allErrors: false } },
  } as const;
  if (config.tlsCertFile === '') return fastify({ ...options, http: { maxHeaderSize, connectionsCheckingInterval } }) as FastifyInstance;
  const tls = { cert: readFileSync(config.tlsCertFile), key: readFileSync(config.tlsKeyFile) };
  // The app's type does not depend on the transport: both servers have what is used of them.
  return fastify({
    ...options,
    https: { ...tls, maxHeaderSize, connectionsCheckingInterval, handshakeTimeout: limits.headersTimeoutMs },
  }) as unknown as FastifyInstance;
}

function handleFailures(
  app: FastifyInstance,
  routes: RouteTable,
  router: UpgradeRouter,
  config: HttpConfig,
  logger: FastifyBaseLogger,
): void {
  const { urlLengthMax, headersMax } = config.limits;
  app.addHook('onRequest', ({ raw }, _reply, done) => {
    if ((raw.url as string).length > urlLengthMax) done(new ApiError(EdgeReject.URL_TOO_LONG, { limit: urlLengthMax }));
    else if (raw.rawHeaders.length > 2 * headersMax) done(new ApiError(EdgeReject.HEADERS_TOO_LARGE));
    else done();
  });
  app.setErrorHandler((error, request, reply) => {
    const answer = toApiError(error, config.limits);
    if (answer.httpStatus >= 500 && answer.code === EdgeReject.UNKNOWN.code) {
      logger.error({ err: error, method: request.method, path: request.routeOptions.url }, 'a request failed');
    }
    sendError(reply, answer);
  });
  app.setNotFoundHandler((request, reply) => {
    const methods = routes.methodsAt(request.url);
    if (methods.length === 0) {
      if (!router.serves(request.url.split('?', 1)[0] as string)) throw new ApiError(EdgeReject.NOT_FOUND);
      reply.header('upgrade', 'websocket');
      throw new ApiError(EdgeReject.UPGRADE_REQUIRED);
    }
    reply.header('allow', methods.join(', '));
    throw new ApiError(EdgeReject.METHOD_NOT_ALLOWED, { methods: methods.join(', ') });
  });
}

function sendError(reply: FastifyReply, error: ApiError): void {
  if (error.retryAfterSeconds !== undefined) reply.header('retry-after', error.retryAfterSeconds);
  // A body that was not read to its end leaves the connection unusable.
  if (error.httpStatus === 413) reply.header('connection', 'close');
  reply.code(error.httpStatus).type('application/json; charset=utf-8').send(JSON.stringify(error.body()));
}

/** Requests that never became one: unparsable, too large or too slow. */
function onClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const reason =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? EdgeReject.HEADERS_TOO_LARGE
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? EdgeReject.REQUEST_TIMEOUT
        : EdgeReject.MALFORMED_REQUEST;
  socket.end(rawAnswer(new ApiError(reason)));
}

async function close(app: FastifyInstance, router: UpgradeRouter, timeoutMs: number): Promise<void> {
  // app.close() waits for requests in progress; whoever does not finish is cut off.
  const timer = setTimeout(() => app.server.closeAllConnections(), timeoutMs);
  await Promise.all([router.close(timeoutMs), app.close()]);
  clearTimeout(timer);
}
