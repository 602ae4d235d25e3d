// Ways to tell all subscribers the same: our stream hub, and a plain ws send loop of the same texts.
//
//   batches --> StreamHub (encode and frame once, one write per turn) --> Outbox x N --> sockets
//   batches --> render --> for (client of clients) client.send(text)             --> sockets
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32 } from 'node:zlib';
import type { WebSocket } from 'ws';
import { DEFAULT_SOCKET_SETTINGS } from '../../src/http/binance/sockets/socketSettings.ts';
import { depthUpdatePayload, tradePayload } from '../../src/http/binance/streams/marketPayload.ts';
import { StreamConnection } from '../../src/http/binance/streams/streamConnection.ts';
import { StreamHub } from '../../src/http/binance/streams/streamHub.ts';
import { parseStreamUrl } from '../../src/http/binance/streams/streamUrl.ts';
import { timePrinter } from '../../src/http/binance/timeUnit.ts';
import { UserDataHub } from '../../src/http/binance/userData/userDataHub.ts';
import { DEFAULT_HTTP_CONFIG } from '../../src/http/httpConfig.ts';
import { Outbox, textFrame } from '../../src/http/ws/outbox.ts';
import { UpgradeRouter } from '../../src/http/ws/upgradeRouter.ts';
import type { ExchangePort } from '../../src/ports/exchangePort.ts';
import type { MarketBatch, MarketListener, MarketView } from '../../src/ports/marketData.ts';
import type { Expectation } from './subscribers.ts';
import { instrument, SYMBOL } from './workload.ts';

const STREAMS = [`${SYMBOL.toLowerCase()}@trade`, `${SYMBOL.toLowerCase()}@depth@100ms`];
export const HUB_PATH = `/ws/${STREAMS.join('/')}`;
export const PLAIN_PATH = '/plain';

/** Bytes that may wait for a subscriber: a benchmark that runs into it fails, nobody is dropped silently. */
const BUFFERED_BYTES_MAX = 64 * 1024 * 1024;
/** The publisher waits when a subscriber has this much before it. */
const HIGH_WATER_BYTES = 256 * 1024;

export interface Broadcaster {
  readonly path: string;
  /** What one message of the log holds; `tick`: the 100 ms are over. */
  publish(batch: MarketBatch, tick: boolean): void;
  /** Bytes that the slowest subscriber has still to take. */
  backlog(): number;
  /** Frames that have left since the last expectation was taken. */
  frames(): number;
  /** All of them, as every subscriber has to get them. */
  takeExpectation(): Expectation;
}

class Tally {
  #bytes = 0;
  #crc = 0;
  #frames = 0;

  get frames(): number {
    return this.#frames;
  }

  add(bytes: Buffer): void {
    this.#bytes += bytes.length;
    for (let at = 0; at < bytes.length; this.#frames++) {
      const short = (bytes[at + 1] as number) & 0x7f;
      at += short < 126 ? 2 + short : 4 + bytes.readUInt16BE(at + 2);
    }
    this.#crc = crc32(bytes, this.#crc);
  }

  take(): Expectation {
    const taken = { bytes: this.#bytes, crc: this.#crc };
    this.#bytes = 0;
    this.#crc = 0;
    this.#frames = 0;
    return taken;
  }
}

export class BroadcastServer {
  readonly hub: Broadcaster;
  readonly plain: Broadcaster;
  readonly #server: Server;
  readonly #outboxes = new Set<Outbox>();
  readonly #clients = new Set<{ webSocket: WebSocket; stream: { readonly writableLength: number } }>();
  #nowUs = 0;
  #tick: () => void = () => undefined;
  #listener: MarketListener = () => undefined;
  readonly #streams: StreamHub;

  constructor() {
    const exchange = this.#exchange();
    this.#streams = new StreamHub({
      exchange,
      startTicker: (_everyMs, tick) => {
        this.#tick = tick;
        return () => undefined;
      },
      coalesceMsMax: DEFAULT_SOCKET_SETTINGS.coalesceMsMax,
    });
    const router = new UpgradeRouter({
      config: { ...DEFAULT_HTTP_CONFIG.ws, connectionsPerAddressMax: 100_000, connectionsMax: 100_000 },
      urlLengthMax: 8_192,
      trusts: () => false,
      onError: (error) => {
        throw error;
      },
    });
    this.#server = createServer().on('upgrade', router.upgrade);
    const userData = new UserDataHub(exchange);
    router.route(
      (path) => path.startsWith('/ws/'),
      (webSocket, request, { stream }) => {
        const limits = { bufferedBytesMax: BUFFERED_BYTES_MAX, closeTimeoutMs: 1000 };
        const outbox = new Outbox(webSocket, stream, limits);
        const connection = new StreamConnection({
          hub: this.#streams,
          userData,
          listenKeys: undefined,
          outbox,
          timeUnit: 'MILLISECOND',
          combined: false,
          streamsMax: 1024,
        });
        connection.open(parseStreamUrl(request.url as string).streams);
        this.#outboxes.add(outbox);
        webSocket.on('close', () => {
          connection.close();
          this.#outboxes.delete(outbox);
        });
      },
    );
    router.route(
      (path) => path === PLAIN_PATH,
      (webSocket, _request, { stream }) => {
        const client = { webSocket, stream };
        this.#clients.add(client);
        webSocket.on('close', () => this.#clients.delete(client));
      },
    );
    this.hub = this.#hubBroadcaster();
    this.plain = this.#plainBroadcaster();
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1', 4096);
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#streams.close();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #exchange(): Pick<ExchangePort, 'markets' | 'registry' | 'history' | 'clock' | 'accountEvents'> {
    const stub = {
      clock: { nowUs: () => this.#nowUs },
      registry: { instrument: () => instrument },
      markets: {
        view: () => ({ symbol: SYMBOL }) as MarketView,
        listen: (_symbol: string, listener: MarketListener) => {
          this.#listener = listener;
          return () => {
            this.#listener = () => undefined;
          };
        },
      },
    };
    return stub as unknown as Pick<ExchangePort, 'markets' | 'registry' | 'history' | 'clock' | 'accountEvents'>;
  }

  #hubBroadcaster(): Broadcaster {
    const tally = new Tally();
    const recorder = {
      send: (frames: Buffer) => {
        tally.add(frames);
        return true;
      },
    };
    let isRecording = false;
    return {
      path: HUB_PATH,
      publish: (batch, tick) => {
        if (!isRecording) {
          isRecording = true;
          for (const name of STREAMS) {
            this.#streams.subscribe(name, recorder, { combined: false, timeUnit: 'MILLISECOND' });
          }
        }
        this.#nowUs = batch.timeUs;
        this.#listener(batch);
        if (tick) this.#tick();
      },
      backlog: () => {
        let most = 0;
        for (const outbox of this.#outboxes) most = Math.max(most, outbox.bufferedBytes);
        return most;
      },
      frames: () => tally.frames,
      takeExpectation: () => tally.take(),
    };
  }

  #plainBroadcaster(): Broadcaster {
    const tally = new Tally();
    const time = timePrinter('MILLISECOND');
    const send = (text: string): void => {
      tally.add(textFrame(text));
      for (const { webSocket } of this.#clients) webSocket.send(text);
    };
    let pending: MarketBatch[] = [];
    return {
      path: PLAIN_PATH,
      publish: (batch, tick) => {
        for (const trade of batch.trades) send(tradePayload(instrument, trade, batch.timeUs, time));
        pending.push(batch);
        if (!tick) return;
        // The levels of the last batch are those of all of them: what the hub's merge comes to here.
        const first = pending[0]?.depth;
        const last = batch.depth;
        pending = [];
        if (!first || !last) return;
        const diff = {
          ...last,
          firstUpdateId: first.firstUpdateId,
          bids: [...last.bids].sort((a, b) => b[0] - a[0]),
        };
        send(depthUpdatePayload(instrument, diff, time));
      },
      backlog: () => {
        let most = 0;
        for (const { stream } of this.#clients) most = Math.max(most, stream.writableLength);
        return most;
      },
      frames: () => tally.frames,
      takeExpectation: () => tally.take(),
    };
  }
}

/** Publishes batches 1..count in bursts of one turn each, as fast as the subscribers take them. */
export async function publishAll(
  broadcaster: Broadcaster,
  batches: readonly MarketBatch[],
  burst: number,
  ticksEvery: number,
): Promise<void> {
  for (let n = 0; n < batches.length; ) {
    for (let i = 0; i < burst && n < batches.length; i++) {
      const batch = batches[n++] as MarketBatch;
      broadcaster.publish(batch, n % ticksEvery === 0);
    }
    do await new Promise(setImmediate);
    while (broadcaster.backlog() > HIGH_WATER_BYTES);
  }
  const frames = batches.length + Math.floor(batches.length / ticksEvery);
  while (broadcaster.frames() < frames) await new Promise(setImmediate);
}
