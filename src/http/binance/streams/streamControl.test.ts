// What a client may ask on a stream socket, word for word, and the rules of the connection.
import { afterEach, describe, expect, it } from 'vitest';
import {
  type SocketServer,
  type SocketServerOptions,
  socketServer,
  type TestClient,
} from '../../../../tests/fixtures/binanceSocketServer.ts';
import { makeApiKey, makeBalance, makeTrade, TEST_ACCOUNT_ID, TEST_API_KEY } from '../../../../tests/fixtures/fakeExchange.ts';
import { DEFAULT_RATE_LIMITS } from '../rateLimits/rateLimitSettings.ts';

let server: SocketServer;
async function start(options: SocketServerOptions = {}, path = '/ws'): Promise<TestClient> {
  server = await socketServer(options);
  return server.connect(path);
}
afterEach(async () => {
  await server.stop();
  expect(server.unexpected).toEqual([]);
});

describe('acknowledges', () => {
  it.each([
    '1',
    '-9223372036854775808',
    '9223372036854775807',
    'null',
    '"5f2b1c0d9e8f47a6b3c2d1e0f9a8b7c6"',
    '"e2a85d9f-07a5-4f94-8d5f-789dc3deb097"',
  ])('with the id as it came: %s', async (id) => {
    const client = await start();
    client.send(`{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":${id}}`);
    expect(await client.text()).toBe(`{"result":null,"id":${id}}`);
  });

  it('subscribing, listing, unsubscribing', async () => {
    const client = await start({}, '/ws/0');
    const ask = async (message: object) => {
      client.send(message);
      return client.text();
    };
    expect(await ask({ method: 'SUBSCRIBE', params: ['btcusdt@aggTrade', 'btcusdt@depth'], id: 1 })).toBe('{"result":null,"id":1}');
    expect(await ask({ method: 'SUBSCRIBE', params: ['btcusdt@depth', 'NOSUCH@thing'], id: 2 })).toBe('{"result":null,"id":2}');
    expect(await ask({ method: 'LIST_SUBSCRIPTIONS', id: 3 })).toBe(
      '{"result":["0","btcusdt@aggTrade","btcusdt@depth","NOSUCH@thing"],"id":3}',
    );
    expect(await ask({ method: 'UNSUBSCRIBE', params: ['btcusdt@depth', 'NOSUCH@thing', '0', 'never@was'], id: 312 })).toBe(
      '{"result":null,"id":312}',
    );
    expect(await ask({ method: 'LIST_SUBSCRIPTIONS', params: [], id: 4 })).toBe('{"result":["btcusdt@aggTrade"],"id":4}');
    expect(server.sockets.streams.streamCount).toBe(1);
  });

  it('switching between raw and combined, which keeps the streams', async () => {
    const client = await start({}, '/ws/btcusdt@trade');
    const ask = async (message: object) => {
      client.send(message);
      return client.text();
    };
    expect(await ask({ method: 'GET_PROPERTY', params: ['combined'], id: 2 })).toBe('{"result":false,"id":2}');
    expect(await ask({ method: 'SET_PROPERTY', params: ['combined', true], id: 5 })).toBe('{"result":null,"id":5}');
    expect(await ask({ method: 'GET_PROPERTY', params: ['combined'], id: 2 })).toBe('{"result":true,"id":2}');
    server.exchange.emitMarket({ symbol: 'BTCUSDT', trades: [makeTrade()] });
    expect(await client.json()).toMatchObject({ stream: 'btcusdt@trade', data: { e: 'trade' } });
    expect(await ask({ method: 'SET_PROPERTY', params: ['combined', false], id: 6 })).toBe('{"result":null,"id":6}');
    server.exchange.emitMarket({ symbol: 'BTCUSDT', trades: [makeTrade()] });
    expect(await client.json()).toMatchObject({ e: 'trade' });
    expect(await client.drain()).toEqual([]);
  });

  it('ends the events before the acknowledgement of an UNSUBSCRIBE', async () => {
    const client = await start({}, '/ws/btcusdt@trade');
    client.send({ method: 'UNSUBSCRIBE', params: ['btcusdt@trade'], id: 1 });
    expect(await client.text()).toBe('{"result":null,"id":1}');
    server.exchange.emitMarket({ symbol: 'BTCUSDT', trades: [makeTrade()] });
    expect(await client.drain()).toEqual([]);
  });

  it.each([
    ['/ws', false],
    ['/ws/', false],
    ['/ws/1', false],
    ['/stream', true],
    ['/stream?streams=', true],
    ['/stream/ws/0', false],
  ])('on %s', async (path, combined) => {
    const client = await start({}, path);
    expect(await client.ask({ method: 'GET_PROPERTY', params: ['combined'], id: 1 })).toEqual({ result: combined, id: 1 });
  });
});

describe('refuses', () => {
  const variants = '`SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY`';
  it.each([
    ['{"method":"GET_PROPERTY","params":["other"],"id":7}', '{"code":0,"msg":"Unknown property","id":7}'],
    ['{"method":"SET_PROPERTY","params":["other",true],"id":"x"}', '{"code":0,"msg":"Unknown property","id":"x"}'],
    ['{"method":"SET_PROPERTY","params":["combined","true"],"id":1}', '{"code":1,"msg":"Invalid value type: expected Boolean"}'],
    ['{"method":"SET_PROPERTY","params":["combined"],"id":1}', '{"code":1,"msg":"Invalid value type: expected Boolean"}'],
    ['{"method":"SET_PROPERTY","params":[true,"combined"],"id":1}', '{"code":2,"msg":"Invalid request: property name must be a string"}'],
    ['{"method":"GET_PROPERTY","id":1}', '{"code":2,"msg":"Invalid request: property name must be a string"}'],
    ['{"method":"GET_PROPERTY","params":["combined",true],"id":1}', '{"code":2,"msg":"Invalid request: too many parameters"}'],
    ['{"method":"SET_PROPERTY","params":["combined",true,1],"id":1}', '{"code":2,"msg":"Invalid request: too many parameters"}'],
    ['{"method":"LIST_SUBSCRIPTIONS","params":["a"],"id":1}', '{"code":2,"msg":"Invalid request: too many parameters"}'],
    ['{"method":"SUBSCRIBE","params":["a@trade"]}', '{"code":2,"msg":"Invalid request: request ID must be an unsigned integer"}'],
    ['{"method":"SUBSCRIBE","params":["a@trade"],"id":1.5}', '{"code":2,"msg":"Invalid request: request ID must be an unsigned integer"}'],
    [
      '{"method":"SUBSCRIBE","params":["a@trade"],"id":9223372036854775808}',
      '{"code":2,"msg":"Invalid request: request ID must be an unsigned integer"}',
    ],
    [
      `{"method":"SUBSCRIBE","params":["a@trade"],"id":"${'x'.repeat(37)}"}`,
      '{"code":2,"msg":"Invalid request: request ID must be an unsigned integer"}',
    ],
    ['{"method":"SUBSCRIBE","params":["a@trade"],"id":{}}', '{"code":2,"msg":"Invalid request: request ID must be an unsigned integer"}'],
    [
      '{"method":"SUBSCRIBEX","params":[],"id":1}',
      `{"code":2,"msg":"Invalid request: unknown variant \`SUBSCRIBEX\`, expected one of ${variants} at line 1 column 22"}`,
    ],
    ['{"params":["a@trade"],"id":1}', '{"code":2,"msg":"Invalid request: missing field `method` at line 1 column 29"}'],
    ['[1]', '{"code":2,"msg":"Invalid request: missing field `method` at line 1 column 3"}'],
    ['{"method":"SUBSCRIBE","params":"a@trade","id":1}', '{"code":2,"msg":"Invalid request: params must be an array"}'],
    ['{"method":"SUBSCRIBE","params":[1],"id":1}', '{"code":2,"msg":"Invalid request: stream name must be a string"}'],
    ['{"method":', '{"code":3,"msg":"Invalid JSON: expected value at line 1 column 10"}'],
    ['{"method":x}', '{"code":3,"msg":"Invalid JSON: expected value at line 1 column 11"}'],
    ['{\n "method": x}', '{"code":3,"msg":"Invalid JSON: expected value at line 2 column 12"}'],
    ['hello', '{"code":3,"msg":"Invalid JSON: expected value at line 1 column 1"}'],
  ])('%s', async (message, reply) => {
    const client = await start();
    client.send(message);
    expect(await client.text()).toBe(reply);
    expect(client.closed).toBeUndefined();
  });

  it('more streams than a connection may have, and takes none of them', async () => {
    const client = await start({ sockets: { streamsPerConnection: 3 } }, '/ws/a@trade/b@trade');
    expect(await client.ask({ method: 'SUBSCRIBE', params: ['a@trade', 'c@trade', 'd@trade'], id: 1 })).toMatchObject({
      code: 2,
      msg: expect.stringContaining('maximum of 3 streams'),
    });
    expect(await client.ask({ method: 'SUBSCRIBE', params: ['a@trade', 'c@trade'], id: 2 })).toEqual({ result: null, id: 2 });
    const crowded = await server.connect('/ws/a@trade/b@trade/c@trade/d@trade');
    expect(await crowded.close()).toEqual({ code: 1008, reason: 'too many streams' });
    expect(await client.ask({ method: 'SUBSCRIBE', params: [`${'a'.repeat(200)}@trade`], id: 3 })).toMatchObject({ code: 2 });
  });

  it('a time unit that is none', async () => {
    const client = await start({}, '/ws/btcusdt@trade?timeUnit=NANOSECOND');
    expect(await client.json()).toEqual({
      code: -1194,
      msg: 'Invalid value for time unit; expected either MICROSECOND or MILLISECOND.',
    });
    expect((await client.close()).code).toBe(1008);
    expect(server.sockets.streams.streamCount).toBe(0);
  });
});

describe('disconnects', () => {
  it.each(['message', 'ping', 'pong'] as const)('the sixth %s in a second', async (kind) => {
    const client = await start({ sockets: { streamMessagesPerSecond: 5 } });
    const say = () => {
      if (kind === 'message') client.send({ method: 'LIST_SUBSCRIPTIONS', id: 1 });
      else client.socket[kind]();
    };
    const answers = kind === 'message' ? 5 : 0;
    for (let i = 0; i < 5; i++) say();
    await client.until(() => client.received.length === answers);
    server.ticker.advance(1_000);
    for (let i = 0; i < 5; i++) say();
    await client.until(() => client.received.length === answers * 2);
    say();
    expect(await client.close()).toEqual({ code: 1008, reason: 'too many messages' });
    expect(client.received).toHaveLength(answers * 2);
  });

  it('who opens too many connections, until the window ends', async () => {
    expect(DEFAULT_RATE_LIMITS.connections).toEqual({ interval: 'MINUTE', intervalNum: 5, limit: 300 });
    const connections = { ...DEFAULT_RATE_LIMITS.connections, limit: 5 };
    server = await socketServer({ settings: { rateLimits: { ...DEFAULT_RATE_LIMITS, connections } } });
    for (let i = 0; i < 5; i++) {
      const client = await server.connect('/ws');
      client.socket.terminate();
    }
    const refused = await server.connect('/ws');
    expect(await refused.json()).toMatchObject({ code: -1034 });
    expect((await refused.close()).code).toBe(1008);
    server.ticker.advance(300_000);
    const client = await server.connect('/ws');
    expect(await client.ask({ method: 'LIST_SUBSCRIPTIONS', id: 1 })).toEqual({ result: [], id: 1 });
  });

  it('after 24 hours', async () => {
    const client = await start({ sockets: { pongWithinMs: 1e9, pingEveryMs: 1e9 } });
    server.ticker.advance(86_399_000);
    expect(await client.drain()).toEqual([]);
    server.ticker.advance(1_000);
    expect((await client.close()).code).toBe(1001);
  });

  it('a reader that does not read, with a reason, and nobody else', async () => {
    server = await socketServer({ sockets: { bufferedBytesMax: 100_000, closeTimeoutMs: 50 } });
    const slow = await server.connect('/ws/btcusdt@trade');
    const quick = await server.connect('/ws/btcusdt@trade');
    slow.socket.pause();
    let sent = 0;
    while (server.sockets.connectionCount === 2) {
      server.exchange.emitMarket({
        symbol: 'BTCUSDT',
        trades: Array.from({ length: 500 }, () => makeTrade({ tradeId: ++sent })),
      });
      await server.settle();
      await quick.until(() => quick.received.length === sent);
    }
    expect(JSON.parse(quick.received.at(-1) as string)).toMatchObject({ t: sent });
    server.exchange.emitMarket({ symbol: 'BTCUSDT', trades: [makeTrade({ tradeId: ++sent })] });
    await quick.until(() => quick.received.length === sent);
    slow.socket.resume();
    // Cut off for not taking even the close frame; what it had been sent in time is in order.
    expect([1006, 1013]).toContain((await slow.close()).code);
    expect(slow.received.map((text) => (JSON.parse(text) as { t: number }).t)).toEqual(slow.received.map((_, i) => i + 1));
  });
});

describe('ping and pong', () => {
  it('pings every 20 s, and stays while the pings are answered', async () => {
    const client = await start();
    for (let i = 1; i <= 9; i++) {
      server.ticker.advance(20_000);
      await client.until(() => client.pings.length === i);
      await client.drain();
    }
    expect(client.pings).toHaveLength(9);
    expect(new Set(client.pings).size).toBe(9);
    expect(client.pings[0]).toMatch(/^\d{13}$/);
    expect(client.closed).toBeUndefined();
  });

  it('drops who has not answered for 60 s, unsolicited pongs or not', async () => {
    server = await socketServer();
    const silent = await server.connect('/ws', { autoPong: false });
    const chatty = await server.connect('/ws', { autoPong: false });
    const late = await server.connect('/ws', { autoPong: false });
    for (let i = 0; i < 79; i++) {
      server.ticker.advance(1_000);
      chatty.socket.pong('');
      chatty.socket.pong('made up');
    }
    expect(server.sockets.connectionCount).toBe(3);
    await late.until(() => late.pings.length === 3);
    late.socket.pong(late.pings[2]);
    await late.drain();
    await chatty.drain();
    server.ticker.advance(1_000);
    expect(await silent.close()).toEqual({ code: 1008, reason: 'no pong in time' });
    expect(await chatty.close()).toEqual({ code: 1008, reason: 'no pong in time' });
    // The answer to a later ping counts for those before it.
    expect(await late.drain()).toEqual([]);
  });

  it('answers pings with their payload', async () => {
    const client = await start();
    const answered = new Promise<string>((resolve) => client.socket.once('pong', (data) => resolve(data.toString())));
    client.socket.ping('payload of mine');
    expect(await answered).toBe('payload of mine');
  });
});

it('says good-bye before it closes', async () => {
  const raw = await start();
  const combined = await server.connect('/stream?streams=btcusdt@trade');
  const micros = await server.connect('/ws?timeUnit=MICROSECOND');
  const closing = server.close();
  expect(await raw.text()).toBe('{"e":"serverShutdown","E":1700000000000}');
  expect(await combined.text()).toBe('{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1700000000000}}');
  expect(await micros.text()).toBe('{"e":"serverShutdown","E":1700000000000000}');
  for (const client of [raw, combined, micros]) expect((await client.close()).code).toBe(1001);
  await closing;
});

describe('listenKeys', () => {
  const HOUR_MS = 3_600_000;
  const DAY_MS = 24 * HOUR_MS;
  const key = 'k'.repeat(60);
  const deposit = {
    kind: 'balanceUpdate',
    timeUs: 1_700_000_000_000_000,
    asset: 'BTC',
    deltaUnits: 150_000_000n,
    balance: makeBalance({ asset: 'BTC', free: 150_000_000n }),
  } as const;

  it('mean nothing unless they are switched on', async () => {
    const client = await start({}, `/ws/${key}`);
    server.exchange.emitAccount(TEST_ACCOUNT_ID, [deposit]);
    expect(await client.drain()).toEqual([]);
  });

  /** A server with a key made, and sockets that listen with it: raw, and combined beside a stream. */
  async function listening() {
    server = await socketServer({ settings: { legacyListenKeys: true }, sockets: { pingEveryMs: DAY_MS } });
    const listenKey = server.edge.listenKeys!.open(TEST_ACCOUNT_ID, TEST_API_KEY, server.exchange.nowUs);
    const raw = await server.connect(`/ws/${listenKey}`);
    const combined = await server.connect(`/stream?streams=${listenKey}/btcusdt@trade`);
    return { listenKey, raw, combined };
  }
  const noneLeft = async (client: TestClient) =>
    expect(await client.ask({ method: 'LIST_SUBSCRIPTIONS', id: 1 })).toEqual({ result: [], id: 1 });

  it('bring the bare events of their account, subscribed to in the URL or later', async () => {
    const { listenKey, raw, combined } = await listening();
    const later = await server.connect('/ws');
    expect(await later.ask({ method: 'SUBSCRIBE', params: [listenKey], id: 1 })).toEqual({ result: null, id: 1 });
    server.exchange.emitAccount(TEST_ACCOUNT_ID, [deposit]);
    for (const client of [raw, later]) {
      expect(await client.text()).toBe('{"e":"balanceUpdate","E":1700000000000,"a":"BTC","d":"1.50000000","T":1700000000000}');
      expect(await client.json()).toMatchObject({ e: 'outboundAccountPosition' });
    }
    expect(await combined.json()).toMatchObject({ stream: listenKey, data: { e: 'balanceUpdate' } });
  });

  it('say so when their hour is over, and bring nothing more', async () => {
    const { listenKey, raw, combined } = await listening();
    server.ticker.advance(HOUR_MS - 1);
    expect(await raw.drain()).toEqual([]);
    server.ticker.advance(1);
    const event = `{"e":"listenKeyExpired","E":${server.exchange.nowUs / 1000},"listenKey":"${listenKey}"}`;
    expect(await raw.text()).toBe(event);
    expect(await combined.text()).toBe(`{"stream":"${listenKey}","data":${event}}`);
    server.exchange.emitAccount(TEST_ACCOUNT_ID, [deposit]);
    expect(await raw.drain()).toEqual([]);
    await noneLeft(raw);
  });

  it('go on when they are kept alive', async () => {
    const { listenKey, raw } = await listening();
    server.ticker.advance(HOUR_MS - 1000);
    server.edge.listenKeys!.keepAlive(listenKey, TEST_ACCOUNT_ID, TEST_API_KEY, server.exchange.nowUs);
    server.ticker.advance(HOUR_MS - 1000);
    server.exchange.emitAccount(TEST_ACCOUNT_ID, [deposit]);
    expect(await raw.json()).toMatchObject({ e: 'balanceUpdate' });
  });

  it('end without a word when they are closed, or their API key is revoked', async () => {
    const { listenKey, raw } = await listening();
    server.edge.listenKeys!.close(listenKey, TEST_ACCOUNT_ID, server.exchange.nowUs);
    server.exchange.emitAccount(TEST_ACCOUNT_ID, [deposit]);
    server.ticker.advance(1000);
    expect(await raw.drain()).toEqual([]);
    await noneLeft(raw);
    const again = server.edge.listenKeys!.open(TEST_ACCOUNT_ID, TEST_API_KEY, server.exchange.nowUs);
    const other = await server.connect(`/ws/${again}`);
    server.exchange.keys.set(TEST_API_KEY, makeApiKey({ revoked: true }));
    server.exchange.emitAccount(TEST_ACCOUNT_ID, [deposit]);
    server.ticker.advance(1000);
    expect(await other.drain()).toEqual([]);
    await noneLeft(other);
  });
});
