// Binance's WebSocket side on the server's upgrade router: market streams on /ws, /stream and /stream/ws, the WebSocket API
// on /ws-api/v3. In: upgraded connections. Out: frames through one bounded outbox per connection.
import type { IncomingMessage } from 'node:http';
import type { RawData, WebSocket } from 'ws';
import { addressKey } from '../../clientAddress.ts';
import { CloseCode, Outbox } from '../../ws/outbox.ts';
import { type StartTicker, startIntervalTicker } from '../../ws/ticker.ts';
import type { UpgradeContext, UpgradeRouter } from '../../ws/upgradeRouter.ts';
import { BinanceError } from '../binanceError.ts';
import type { BinanceEdge } from '../edge.ts';
import type { ListenKeyLookup } from '../listenKeys.ts';
import { METHODS_BY_NAME } from '../methods/index.ts';
import { StreamConnection } from '../streams/streamConnection.ts';
import { StreamHub } from '../streams/streamHub.ts';
import { isStreamPath, parseStreamUrl } from '../streams/streamUrl.ts';
import { parseTimeUnit, type TimeUnit } from '../timeUnit.ts';
import { UserDataHub } from '../userData/userDataHub.ts';
import { WsApiConnection } from '../wsApi/wsApiConnection.ts';
import { errorText } from '../wsApi/wsResponse.ts';
import { KeepAlive } from './keepAlive.ts';
import { MessageRate } from './messageRate.ts';
import { DEFAULT_SOCKET_SETTINGS, type SocketSettings } from './socketSettings.ts';

export interface BinanceSocketDeps {
  readonly edge: BinanceEdge;
  readonly settings?: Partial<SocketSettings>;
  readonly startTicker?: StartTicker;
  /** Told of errors no client caused. */
  readonly onUnexpected?: (error: unknown) => void;
}

/** What connects once costs (web-socket-api.md, "IP limits"). */
const WS_API_CONNECT_WEIGHT = 2;
const LISTEN_KEY_SWEEP_MS = 1000;

/** One connection of either kind. */
interface Connected {
  readonly ip: string;
  readonly isApi: boolean;
  readonly outbox: Outbox;
  announceShutdown(nowUs: number): void;
  /** Ends the user data of listenKeys that are not good any more. */
  sweepListenKeys?(nowUs: number): void;
  dispose(): void;
}

export function isWsApiPath(path: string): boolean {
  return path === '/ws-api/v3' || path === '/ws-api/v3/';
}

export class BinanceSockets {
  readonly streams: StreamHub;
  readonly userData: UserDataHub;
  readonly #deps: BinanceSocketDeps;
  readonly #settings: SocketSettings;
  readonly #keepAlive: KeepAlive;
  readonly #connected = new Set<Connected>();
  /** Undefined where the retired listenKeys are switched off. */
  readonly #listenKeys: ListenKeyLookup | undefined;
  readonly #stopSweep: (() => void) | undefined;

  constructor(deps: BinanceSocketDeps) {
    const { exchange, limits } = deps.edge;
    const startTicker = deps.startTicker ?? startIntervalTicker;
    this.#deps = deps;
    this.#settings = { ...DEFAULT_SOCKET_SETTINGS, ...deps.settings };
    this.streams = new StreamHub({ exchange, startTicker, coalesceMsMax: this.#settings.coalesceMsMax });
    this.userData = new UserDataHub(exchange);
    this.#keepAlive = new KeepAlive(exchange.clock, this.#settings, startTicker);
    this.#listenKeys = deps.edge.listenKeyLookup();
    if (this.#listenKeys !== undefined) {
      this.#stopSweep = startTicker(LISTEN_KEY_SWEEP_MS, () => {
        for (const connected of this.#connected) connected.sweepListenKeys?.(this.#nowUs());
      });
    }
    // The answer that says so goes out first.
    limits.addresses.onBan((ip) => setImmediate(() => this.#disconnectApi(ip)));
  }

  get connectionCount(): number {
    return this.#connected.size;
  }

  attach(router: UpgradeRouter): void {
    router.route(isStreamPath, (webSocket, request, context) => this.#openStreams(webSocket, request, context));
    router.route(isWsApiPath, (webSocket, _request, context) => this.#openApi(webSocket, context));
    router.onClosing(() => {
      this.announceShutdown();
      this.close();
    });
  }

  /** Tells every client that the server is about to go. */
  announceShutdown(): void {
    const nowUs = this.#nowUs();
    for (const connected of this.#connected) connected.announceShutdown(nowUs);
  }

  close(): void {
    this.#keepAlive.close();
    this.#stopSweep?.();
    for (const connected of this.#connected) connected.dispose();
    this.#connected.clear();
    this.streams.close();
  }

  #nowUs(): number {
    return this.#deps.edge.exchange.clock.nowUs();
  }

  #disconnectApi(ip: string): void {
    const banned = addressKey(ip);
    for (const connected of this.#connected) {
      if (connected.isApi && addressKey(connected.ip) === banned) connected.outbox.close(CloseCode.POLICY, 'IP banned');
    }
  }

  #outbox(webSocket: WebSocket, { stream }: UpgradeContext): Outbox {
    return new Outbox(webSocket, stream, this.#settings);
  }

  #openStreams(webSocket: WebSocket, request: IncomingMessage, context: UpgradeContext): void {
    const outbox = this.#outbox(webSocket, context);
    const url = parseStreamUrl(request.url ?? '/');
    let timeUnit: TimeUnit;
    try {
      this.#admit(context.address);
      timeUnit = parseTimeUnit(url.timeUnit);
    } catch (error) {
      refuse(outbox, error, (refusal) => JSON.stringify({ code: refusal.code, msg: refusal.msg }));
      return;
    }
    const connection = new StreamConnection({
      hub: this.streams,
      userData: this.userData,
      listenKeys: this.#listenKeys,
      outbox,
      timeUnit,
      combined: url.combined,
      streamsMax: this.#settings.streamsPerConnection,
    });
    if (!connection.open(url.streams)) {
      outbox.close(CloseCode.POLICY, 'too many streams');
      return;
    }
    const rate = new MessageRate(this.#settings.streamMessagesPerSecond);
    const count = (): boolean => {
      if (rate.admit(this.#nowUs())) return true;
      outbox.close(CloseCode.POLICY, 'too many messages');
      return false;
    };
    webSocket.on('ping', count);
    webSocket.on('pong', count);
    webSocket.on('message', (data: RawData) => {
      if (outbox.isOpen && count()) connection.onMessage(data.toString());
    });
    this.#track(webSocket, {
      ip: context.address,
      isApi: false,
      outbox,
      announceShutdown: (nowUs) => connection.announceShutdown(nowUs),
      sweepListenKeys: (nowUs) => connection.sweepListenKeys(nowUs),
      dispose: () => connection.close(),
    });
  }

  #openApi(webSocket: WebSocket, context: UpgradeContext): void {
    const outbox = this.#outbox(webSocket, context);
    const { edge, onUnexpected } = this.#deps;
    const ip = context.address;
    let timeUnit: TimeUnit;
    try {
      this.#admit(ip);
      edge.limits.addresses.charge(ip, WS_API_CONNECT_WEIGHT, this.#nowUs());
      timeUnit = parseTimeUnit(context.query.get('timeUnit') ?? undefined);
      if (context.query.get('responseFormat')?.toLowerCase() === 'sbe') {
        throw new BinanceError(-1155, 'SBE is not enabled.');
      }
    } catch (error) {
      refuse(outbox, error, (refusal) => errorText('null', refusal));
      return;
    }
    const connection = new WsApiConnection({
      edge,
      methods: METHODS_BY_NAME,
      userData: this.userData,
      settings: this.#settings,
      ip,
      timeUnit,
      returnRateLimits: context.query.get('returnRateLimits')?.toLowerCase() !== 'false',
      send: (text) => outbox.sendText(text),
    });
    const most = this.#settings.requestsInFlightMax;
    const answered = (): void => {
      if (webSocket.isPaused && connection.inFlight < most / 2) webSocket.resume();
    };
    const failed = (error: unknown): void => {
      onUnexpected?.(error);
      outbox.close(CloseCode.INTERNAL, 'internal error');
    };
    webSocket.on('message', (data: RawData) => {
      if (!outbox.isOpen) return;
      connection.onMessage(data.toString()).then(answered, failed);
      // Whoever sends faster than we answer waits in the network, not in memory.
      if (connection.inFlight >= most) webSocket.pause();
    });
    this.#track(webSocket, {
      ip,
      isApi: true,
      outbox,
      announceShutdown: (nowUs) => connection.announceShutdown(nowUs),
      dispose: () => connection.dispose(),
    });
  }

  /** Throws when the address has opened too many connections or is banned. */
  #admit(ip: string): void {
    const { limits } = this.#deps.edge;
    const nowUs = this.#nowUs();
    if (limits.addresses.connect(ip, nowUs)) return;
    const { limit, interval, intervalNum } = limits.settings.connections;
    const text = `Too many connection attempts from IP; current limit is ${limit} per '${intervalNum} ${interval}'.`;
    throw new BinanceError(-1034, text, 429);
  }

  #track(webSocket: WebSocket, connected: Connected): void {
    const { outbox } = connected;
    const peer = {
      ping: (payload: string) => {
        if (outbox.isOpen) webSocket.ping(payload);
      },
      close: (code: CloseCode, reason: string) => outbox.close(code, reason),
    };
    this.#connected.add(connected);
    this.#keepAlive.add(peer);
    webSocket.on('pong', (data: Buffer) => this.#keepAlive.pong(peer, data.toString()));
    webSocket.once('close', () => {
      this.#connected.delete(connected);
      this.#keepAlive.remove(peer);
      connected.dispose();
    });
  }
}

/** Says why, then closes. */
function refuse(outbox: Outbox, error: unknown, textOf: (refusal: BinanceError) => string): void {
  if (!(error instanceof BinanceError)) throw error;
  outbox.sendText(textOf(error));
  outbox.close(CloseCode.POLICY, error.msg.slice(0, 120));
}

export function attachBinanceSockets(router: UpgradeRouter, deps: BinanceSocketDeps): BinanceSockets {
  const sockets = new BinanceSockets(deps);
  sockets.attach(router);
  return sockets;
}
