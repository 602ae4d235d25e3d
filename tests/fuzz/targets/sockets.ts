// What clients say on WebSockets: control messages and addresses of the streams, the WebSocket API, native frames.
import { BinanceEdge } from '../../../src/http/binance/edge.ts';
import { METHODS_BY_NAME } from '../../../src/http/binance/methods/index.ts';
import { DEFAULT_RATE_LIMITS } from '../../../src/http/binance/rateLimits/rateLimitSettings.ts';
import { DEFAULT_SOCKET_SETTINGS } from '../../../src/http/binance/sockets/socketSettings.ts';
import { ControlError, parseControlMessage } from '../../../src/http/binance/streams/controlMessage.ts';
import { parseStreamName } from '../../../src/http/binance/streams/streamName.ts';
import { parseStreamUrl } from '../../../src/http/binance/streams/streamUrl.ts';
import { UserDataHub } from '../../../src/http/binance/userData/userDataHub.ts';
import { WsApiConnection } from '../../../src/http/binance/wsApi/wsApiConnection.ts';
import { ApiError } from '../../../src/http/errors.ts';
import { jsonObject, parseChannel, parseFrame } from '../../../src/http/native/ws/clientFrame.ts';
import { SAMPLES } from '../../binance/samples.ts';
import { REST_SURFACE } from '../../binance/surface.ts';
import { fakeExchange, forget } from '../../fixtures/fakeExchange.ts';
import { signedParams } from '../../fixtures/signedParams.ts';
import { checkRefusal } from '../documentedErrors.ts';
import { UndocumentedError } from '../fuzzRun.ts';
import { ACCEPTED, type FuzzTarget } from '../fuzzTarget.ts';

const texts = (...values: readonly unknown[]): Buffer[] =>
  values.map((value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));

export const controlTarget: FuzzTarget = {
  name: 'stream-control',
  form: 'json',
  seeds: texts(
    { method: 'SUBSCRIBE', params: ['btcusdt@trade', 'btcusdt@depth5@100ms'], id: 1 },
    { method: 'UNSUBSCRIBE', params: ['!miniTicker@arr'], id: 'x-1' },
    { method: 'LIST_SUBSCRIPTIONS', id: null },
    { method: 'SET_PROPERTY', params: ['combined', true], id: 5 },
    { method: 'GET_PROPERTY', params: ['combined'], id: 9007199254740991 },
  ),
  words: ['method', 'params', 'id', 'SUBSCRIBE', 'SET_PROPERTY', 'combined', 'btcusdt@kline_1m@+08:00'],
  open: () => ({
    run: (input) => {
      try {
        const message = parseControlMessage(input.toString());
        if (message.method === 'SUBSCRIBE' || message.method === 'UNSUBSCRIBE') for (const name of message.streams) parseStreamName(name);
        JSON.parse(message.id);
        return ACCEPTED;
      } catch (error) {
        if (!(error instanceof ControlError)) throw error;
        const { code, msg } = JSON.parse(error.reply) as { code: number; msg: string };
        return `${code} ${msg.replace(/`[^`]*`|\d+/g, '').slice(0, 40)}`;
      }
    },
  }),
};

export const streamUrlTarget: FuzzTarget = {
  name: 'stream-url',
  form: 'text',
  seeds: texts(
    '/ws/btcusdt@trade/ethusdt@depth@100ms',
    '/stream?streams=btcusdt@kline_1d@+08:00/!ticker_1h@arr&timeUnit=MICROSECOND',
    '/stream/ws/x',
    '/ws',
  ),
  open: () => ({
    run: (input) => {
      const { streams } = parseStreamUrl(input.toString());
      return streams.length > 0 && streams.every((name) => parseStreamName(name) !== undefined) ? ACCEPTED : 'no such stream';
    },
  }),
};

export const nativeFrameTarget: FuzzTarget = {
  name: 'native-frame',
  form: 'json',
  seeds: texts(
    { op: 'subscribe', id: 1, channels: ['trades:BTCUSDT', 'kline:ETHUSDT:1m', 'orders'] },
    { op: 'unsubscribe', id: 'a', channels: ['depth:BTCUSDT'] },
    { op: 'auth', apiKey: 'A'.repeat(64), timestamp: 1_700_000_000_000, signature: 'f'.repeat(64) },
    { op: 'ping' },
  ),
  words: ['op', 'id', 'channels', 'subscribe', 'auth', 'ticker:BTCUSDT', 'kline:BTCUSDT:1M', 'balances'],
  open: () => {
    const { registry } = fakeExchange();
    return {
      run: (input) => {
        try {
          const frame = parseFrame(jsonObject(input.toString()));
          if ('channels' in frame) for (const name of frame.channels) parseChannel(name, registry);
          return ACCEPTED;
        } catch (error) {
          if (!(error instanceof ApiError)) throw error;
          return checkRefusal(error.httpStatus, error.body());
        }
      },
    };
  },
};

const requests = REST_SURFACE.filter(([, method]) => method !== '').map(([route, method], at) => ({
  id: at,
  method,
  params: SAMPLES[route] ?? {},
}));

/** Whole requests, most of them signed, to a connection over a fake exchange: what is refused has reached it with no command. */
export const wsApiTarget: FuzzTarget = {
  name: 'ws-api',
  form: 'json',
  seeds: texts(...requests, { id: 'u', method: 'session.status' }, { id: null, method: 'userDataStream.subscribe.signature', params: {} }),
  words: [
    ...requests.map(({ method }) => method),
    'id',
    'method',
    'params',
    'symbol',
    'orderId',
    'apiKey',
    'signature',
    'timestamp',
    'recvWindow',
    'BTCUSDT',
  ],
  open: () => {
    const exchange = fakeExchange();
    const unexpected: unknown[] = [];
    const edge = new BinanceEdge({
      exchange,
      settings: { rateLimits: { ...DEFAULT_RATE_LIMITS, enforced: false } },
      onUnexpected: (error) => unexpected.push(error),
    });
    const answers: string[] = [];
    const userData = new UserDataHub(exchange);
    const connect = (): WsApiConnection =>
      new WsApiConnection({
        edge,
        methods: METHODS_BY_NAME,
        userData,
        settings: DEFAULT_SOCKET_SETTINGS,
        ip: '127.0.0.1',
        timeUnit: 'MILLISECOND',
        returnRateLimits: false,
        send: (text) => answers.push(text),
      });
    let connection = connect();
    let count = 0;
    return {
      run: async (input) => {
        if (++count % 200 === 0) {
          connection.dispose();
          connection = connect();
        }
        forget(exchange);
        answers.length = 0;
        await connection.onMessage(signed(input.toString(), count));
        if (unexpected.length > 0) throw unexpected.pop();
        const answer = JSON.parse(answers.at(-1)!) as { status: number; error?: { code: number; msg: string } };
        if (answer.status === 200) return ACCEPTED;
        if (answer.error === undefined) throw new UndocumentedError(`status ${answer.status} without an error`);
        return checkRefusal(answer.status, answer.error, exchange.calls);
      },
      close: async () => connection.dispose(),
    };
  },
};

/** With a good signature over whatever the parameters are now; a tenth as they are. */
function signed(text: string, count: number): string {
  if (count % 10 === 0) return text;
  try {
    const message = JSON.parse(text) as { params?: Record<string, unknown> };
    return JSON.stringify({ ...message, params: signedParams(message.params) });
  } catch {
    return text;
  }
}
