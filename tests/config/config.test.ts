// Settings: where they come from, which wins, and that a wrong one is named.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { binanceOptions } from '../../src/config/binanceSchema.ts';
import { describeSettings, envName, loadConfig, settings } from '../../src/config/config.ts';
import { DEFAULT_BINANCE_SETTINGS } from '../../src/http/binance/settings.ts';
import { DEFAULT_SOCKET_SETTINGS } from '../../src/http/binance/sockets/socketSettings.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sedax-config-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function file(content: unknown): string {
  const path = join(dir, 'own.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('loadConfig', () => {
  test('gives the embedded defaults of the README', () => {
    const config = loadConfig({ env: {} });
    expect(config).toMatchObject({
      mode: 'embedded',
      dataDir: './data',
      http: { host: '127.0.0.1', port: 3001 },
      journal: { durability: 'always' },
      demo: { enabled: true },
    });
    expect(Object.isFrozen(config.http.limits)).toBe(true);
  });

  test('gives the distributed defaults: three copies, and servers that lose nothing', () => {
    expect(loadConfig({ env: { SEDAX_MODE: 'distributed' } })).toMatchObject({
      nats: { servers: ['127.0.0.1:4222'], replicas: 3, fatalChecks: ['version', 'limits', 'sync', 'replicas'] },
      pipeline: { accountPartitions: 10, marketPartitions: 10 },
      demo: { enabled: false },
    });
  });

  test('environment wins over the file, the command line over both', () => {
    const own = file({ http: { port: 4000 }, log: { level: 'warn' } });
    expect(loadConfig({ env: {}, file: own }).http.port).toBe(4000);
    expect(loadConfig({ env: { SEDAX_HTTP_PORT: '4001' }, file: own })).toMatchObject({ http: { port: 4001 }, log: { level: 'warn' } });
    expect(loadConfig({ env: { SEDAX_HTTP_PORT: '4001' }, file: own, overrides: { 'http.port': 4002 } }).http.port).toBe(4002);
    expect(loadConfig({ env: { SEDAX_CONFIG: own } }).http.port).toBe(4000);
  });

  test.each([
    [{ SEDAX_HTTP_PORT: 'many' }, /SEDAX_HTTP_PORT: must be a whole number, not "many"/],
    [{ SEDAX_HTTP_PORT: '70000' }, /SEDAX_HTTP_PORT: http\.port: must be <= 65535/],
    [{ SEDAX_DEMO_ENABLED: 'maybe' }, /SEDAX_DEMO_ENABLED: must be true or false/],
    [{ SEDAX_JOURNAL_DURABILITY: 'sometimes' }, /journal\.durability: .*always, interval, none/],
    [{ SEDAX_HTP_PORT: '1' }, /SEDAX_HTP_PORT: no such setting/],
    [{ SEDAX_HTTP_TLS_CERT_FILE: '/nowhere.pem' }, /both or neither/],
    [{ SEDAX_MODE: 'distributed', SEDAX_DEMO_ENABLED: 'true' }, /demo\.enabled: must be false in distributed mode/],
    [{ SEDAX_FEES_MAKER: '1.5' }, /fees\.maker/],
    [{ SEDAX_NATS_USER: 'match' }, /nats\.user and nats\.password: both or neither/],
    [{ SEDAX_NATS_USER: 'match', SEDAX_NATS_PASSWORD: 'x', SEDAX_NATS_TOKEN: 'y' }, /nats\.token: not beside nats\.user/],
    [{ SEDAX_NATS_TLS_KEY_FILE: '/k.pem' }, /nats\.tlsCertFile and nats\.tlsKeyFile: both or neither/],
    [{ SEDAX_NATS_SERVERS: 'a b' }, /nats\.servers\.0: must be as in "nats-1:4222"/],
    [{ SEDAX_NATS_REPLICAS: '7' }, /nats\.replicas: must be <= 5/],
  ])('names what is wrong: %j', (env, message) => {
    expect(() => loadConfig({ env: env as Record<string, string> })).toThrow(message);
  });

  test.each([
    [{ http: { prot: 1 } }, /own\.json: http\.prot: no such setting/],
    [{ http: { port: '3001' } }, /own\.json: http\.port: must be integer, not "3001"/],
    ['{ "http": ', /own\.json: /],
    ['[]', /own\.json: must be a JSON object/],
    ['{"__proto__": {"polluted": true}}', /no such setting/],
  ])('names the file and the key: %j', (content, message) => {
    expect(() => loadConfig({ env: {}, file: file(content) })).toThrow(message);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

test('every setting has a variable of its own and stands in the help', () => {
  const names = settings().map(({ env }) => env);
  expect(new Set(names).size).toBe(names.length);
  expect(envName('http.limits.bodyBytesMax')).toBe('SEDAX_HTTP_LIMITS_BODY_BYTES_MAX');
  for (const wanted of ['SEDAX_HTTP_PORT', 'SEDAX_HTTP_HOST', 'SEDAX_DATA_DIR', 'SEDAX_ADMIN_TOKEN']) expect(names).toContain(wanted);
  for (const name of names) expect(describeSettings()).toContain(name);
});

describe('the Binance API', () => {
  const options = (env: Record<string, string>, content?: unknown) => {
    const { binance, pipeline } = loadConfig({ env, ...(content === undefined ? {} : { file: file(content) }) });
    return binanceOptions(binance, pipeline.accountLimits);
  };

  test('is served with its defaults when nothing is set', () => {
    expect(options({})).toEqual({ settings: DEFAULT_BINANCE_SETTINGS, sockets: DEFAULT_SOCKET_SETTINGS });
  });

  /** Every setting with a value that is not its default, as a file has it and as the API takes it. */
  const inFile = {
    legacyListenKeys: true,
    foreignRoutes: false,
    rateLimits: {
      enforced: false,
      requestWeight: '1200/1m',
      rawRequests: '61000/5m',
      orders: ['50/10s', '1000/1h', '160000/1d'],
      connections: '20/30s',
      takerFillCredit: 0,
      makerFillCredit: 7,
      refusalsBeforeBan: 0,
      firstBanMs: 1000,
      longestBanMs: 8000,
      banMemoryMs: 60_000,
    },
    maxAssets: ['BTC:0.5', 'USDT:1000'],
    sockets: {
      streamMessagesPerSecond: 6,
      streamsPerConnection: 200,
      lifeMs: 3_600_000,
      pingEveryMs: 30_000,
      pongWithinMs: 90_000,
      bufferedBytesMax: 1_000_000,
      coalesceMsMax: 0,
      closeTimeoutMs: 1000,
      requestsInFlightMax: 10,
      subscriptionsMax: 3,
      subscriptionIdsMax: 30,
    },
  };
  const accountLimits = { maxNumOrders: 1000, maxNumAlgoOrders: 200, maxNumIcebergOrders: 10_000, maxNumOrderLists: 20 };
  const taken = {
    settings: {
      legacyListenKeys: true,
      foreignRoutes: false,
      rateLimits: {
        ...inFile.rateLimits,
        requestWeight: { interval: 'MINUTE', intervalNum: 1, limit: 1200 },
        rawRequests: { interval: 'MINUTE', intervalNum: 5, limit: 61_000 },
        orders: [
          { interval: 'SECOND', intervalNum: 10, limit: 50 },
          { interval: 'HOUR', intervalNum: 1, limit: 1000 },
          { interval: 'DAY', intervalNum: 1, limit: 160_000 },
        ],
        connections: { interval: 'SECOND', intervalNum: 30, limit: 20 },
      },
      accountLimits,
      maxAssets: [
        { asset: 'BTC', limit: '0.5' },
        { asset: 'USDT', limit: '1000' },
      ],
    },
    sockets: inFile.sockets,
  };

  test('takes every setting from a file', () => {
    expect(options({}, { binance: inFile, pipeline: { accountLimits } })).toEqual(taken);
  });

  test('takes every setting from the environment', () => {
    const env: Record<string, string> = {};
    for (const { key, env: name } of settings()) {
      if (!/^(?:binance|pipeline\.accountLimits)\./.test(key)) continue;
      const value = key
        .split('.')
        .reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], { binance: inFile, pipeline: { accountLimits } });
      expect([key, value]).not.toEqual([key, undefined]);
      env[name] = Array.isArray(value) ? value.join(',') : String(value);
    }
    expect(options(env)).toEqual(taken);
  });

  test.each([
    ['RATE_LIMITS_REQUEST_WEIGHT', '6000', /requestWeight: must be as in "6000\/1m", not "6000"/],
    ['RATE_LIMITS_RAW_REQUESTS', '0/1m', /rawRequests: must be as in/],
    ['RATE_LIMITS_CONNECTIONS', '300/5w', /connections: must be as in/],
    ['RATE_LIMITS_ORDERS', '100/10s,many', /^SEDAX_BINANCE_RATE_LIMITS_ORDERS: binance\.rateLimits\.orders\.1: must be as in .*not "many"/],
    ['RATE_LIMITS_ORDERS', '', /orders: must NOT have fewer than 1 items/],
    ['RATE_LIMITS_ORDERS', '100/10s,50/10s', /orders: must name each window once/],
    ['RATE_LIMITS_LONGEST_BAN_MS', '1000', /longestBanMs: must not be below firstBanMs/],
    ['RATE_LIMITS_FIRST_BAN_MS', '0', /firstBanMs: must be >= 1/],
    ['MAX_ASSETS', 'BTC', /maxAssets\.0: must be as in "BTC:0\.5", not "BTC"/],
    ['MAX_ASSETS', 'BTC:0.0', /maxAssets\.0: must be as in/],
    ['MAX_ASSETS', 'BTC:1,BTC:2', /maxAssets: must name each asset once/],
    ['SOCKETS_STREAMS_PER_CONNECTION', '0', /streamsPerConnection: must be >= 1/],
    ['SOCKETS_PING_EVERY_MS', '99999999999', /pingEveryMs: must be <= /],
    ['SOCKETS_COALESCE_MS_MAX', '5000', /coalesceMsMax: must be <= 1000/],
    ['LEGACY_LISTEN_KEYS', 'perhaps', /must be true or false/],
  ])('refuses SEDAX_BINANCE_%s=%s', (name, value, message) => {
    expect(() => loadConfig({ env: { [`SEDAX_BINANCE_${name}`]: value } })).toThrow(message);
  });
});
