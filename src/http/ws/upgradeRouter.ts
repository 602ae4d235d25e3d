// WebSocket upgrades of the one HTTP server. In: upgrade requests. Out: an open socket, handed to whoever serves its path.
// Counts connections per address, refuses what is too much or leads nowhere with the same {code, msg} as HTTP does, and
// says 1001 to everyone when the server closes. Knows nothing of what is spoken on the sockets.
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import type { TrustsProxy } from '../clientAddress.ts';
import { addressKey, clientAddress } from '../clientAddress.ts';
import { ApiError, EdgeReject } from '../errors.ts';
import type { WsConfig } from '../httpConfig.ts';
import { CloseCode } from './outbox.ts';

/** What a handler knows of a connection besides its socket. */
export interface UpgradeContext {
  /** The path without the query, as sent. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The client's address, proxies seen through. */
  readonly address: string;
  /** The connection the WebSocket runs on: what an Outbox writes to. */
  readonly stream: Duplex;
  /** Whether another route serves this path too. */
  readonly hasNext: boolean;
  /** Hands the connection to that route, as if it were new. The caller has to let go of it. */
  next(): void;
}

export type UpgradeHandler = (webSocket: WebSocket, request: IncomingMessage, context: UpgradeContext) => void;

type Facts = Omit<UpgradeContext, 'hasNext' | 'next'>;

interface Route {
  readonly matches: (path: string) => boolean;
  readonly handler: UpgradeHandler;
}

export interface UpgradeRouterOptions {
  readonly config: WsConfig;
  readonly urlLengthMax: number;
  readonly trusts: TrustsProxy;
  readonly onError: (error: unknown) => void;
}

/** What an operator sees of the sockets. */
export interface UpgradeCounts {
  readonly open: number;
  readonly accepted: number;
  readonly refused: number;
}

export class UpgradeRouter {
  readonly #routes: Route[] = [];
  readonly #server: WebSocketServer;
  readonly #options: UpgradeRouterOptions;
  readonly #perAddress = new Map<string, number>();
  #accepted = 0;
  #refused = 0;
  #closing = false;
  readonly #closingListeners: (() => void)[] = [];

  constructor(options: UpgradeRouterOptions) {
    this.#options = options;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: true,
      // Frames are shared by subscribers and written as they are (ws/outbox.ts).
      perMessageDeflate: false,
      maxPayload: options.config.messageBytesMax,
    });
  }

  /** The first route whose predicate holds for the path (without the query) serves the connection. */
  route(matches: (path: string) => boolean, handler: UpgradeHandler): void {
    this.#routes.push({ matches, handler });
  }

  /** Whether a path (without the query) is some route's. */
  serves(path: string): boolean {
    return this.#routes.some(({ matches }) => matches(path));
  }

  /** Called when the router begins to close, while every connection still takes a last message. */
  onClosing(listener: () => void): void {
    this.#closingListeners.push(listener);
  }

  counts(): UpgradeCounts {
    return { open: this.#server.clients.size, accepted: this.#accepted, refused: this.#refused };
  }

  /** Listener of the HTTP server's 'upgrade' event. */
  readonly upgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    // Until ws takes over, a reset connection must not end the process.
    const onStreamError = (): void => {
      stream.destroy();
    };
    stream.on('error', onStreamError);
    const url = request.url ?? '/';
    const at = url.indexOf('?');
    const path = at < 0 ? url : url.slice(0, at);
    const address = clientAddress(request, this.#options.trusts);
    const handlers = this.#routes.filter(({ matches }) => matches(path)).map(({ handler }) => handler);
    const refusal = this.#refusal(url, address);
    if (refusal !== undefined || handlers.length === 0) {
      this.#refused++;
      stream.end(rawAnswer(refusal ?? new ApiError(EdgeReject.NOT_FOUND)));
      return;
    }
    const query = new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
    this.#server.handleUpgrade(request, stream, head, (webSocket) => {
      stream.removeListener('error', onStreamError);
      this.#accept(webSocket, address);
      this.#serve(handlers, webSocket, request, { path, query, address, stream });
    });
  };

  #refusal(url: string, address: string): ApiError | undefined {
    const { config, urlLengthMax } = this.#options;
    if (url.length > urlLengthMax) return new ApiError(EdgeReject.URL_TOO_LONG, { limit: urlLengthMax });
    if (this.#closing || this.#server.clients.size >= config.connectionsMax) {
      return new ApiError(EdgeReject.SERVER_BUSY);
    }
    const limit = config.connectionsPerAddressMax;
    if ((this.#perAddress.get(addressKey(address)) ?? 0) < limit) return undefined;
    return new ApiError(EdgeReject.TOO_MANY_REQUESTS, { limit, interval: 'address at a time' });
  }

  #accept(webSocket: WebSocket, address: string): void {
    this.#accepted++;
    const key = addressKey(address);
    this.#perAddress.set(key, (this.#perAddress.get(key) ?? 0) + 1);
    webSocket.on('close', () => {
      const left = (this.#perAddress.get(key) ?? 1) - 1;
      if (left === 0) this.#perAddress.delete(key);
      else this.#perAddress.set(key, left);
    });
    // ws closes the socket with the right code itself (1002, 1007, 1009); without a listener it would throw.
    webSocket.on('error', () => undefined);
  }

  #serve(handlers: readonly UpgradeHandler[], webSocket: WebSocket, request: IncomingMessage, facts: Facts): void {
    const [handler, ...others] = handlers;
    if (handler === undefined) return;
    try {
      handler(webSocket, request, {
        ...facts,
        hasNext: others.length > 0,
        next: () => this.#serve(others, webSocket, request, facts),
      });
    } catch (error) {
      this.#options.onError(error);
      webSocket.close(CloseCode.INTERNAL, 'internal error');
    }
  }

  /** Refuses new connections and closes the open ones; resolves when all are gone, cut off after `timeoutMs`. */
  async close(timeoutMs: number): Promise<void> {
    this.#closing = true;
    for (const listener of this.#closingListeners) listener();
    const open = [...this.#server.clients];
    const gone = open.map(
      (webSocket) =>
        new Promise<void>((resolve) => {
          if (webSocket.readyState === WebSocket.CLOSED) resolve();
          else webSocket.once('close', () => resolve());
        }),
    );
    for (const webSocket of open) webSocket.close(CloseCode.GOING_AWAY, 'the server is shutting down');
    const timer = setTimeout(() => {
      for (const webSocket of open) webSocket.terminate();
    }, timeoutMs);
    await Promise.all(gone);
    clearTimeout(timer);
  }
}

/** A whole HTTP answer for a connection that has no response object (upgrades, requests that cannot be parsed). */
export function rawAnswer(error: ApiError): string {
  const body = JSON.stringify(error.body());
  return [
    `HTTP/1.1 ${error.httpStatus} ${STATUS_CODES[error.httpStatus] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}
