import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KLINE_INTERVALS } from '../../../domain/klineEntry.ts';
import { ControlError, parseControlMessage } from './controlMessage.ts';
import { parseStreamName } from './streamName.ts';
import { isStreamPath, parseStreamUrl } from './streamUrl.ts';

describe('stream names', () => {
  it.each([
    ['btcusdt@trade', { kind: 'trade', symbol: 'BTCUSDT' }],
    ['btcusdt@aggTrade', { kind: 'aggTrade', symbol: 'BTCUSDT' }],
    ['btcusdt@blockTrade', { kind: 'blockTrade', symbol: 'BTCUSDT' }],
    ['btcusdt@bookTicker', { kind: 'bookTicker', symbol: 'BTCUSDT' }],
    ['btcusdt@miniTicker', { kind: 'miniTicker', symbol: 'BTCUSDT' }],
    ['btcusdt@ticker', { kind: 'ticker', symbol: 'BTCUSDT' }],
    ['btcusdt@avgPrice', { kind: 'avgPrice', symbol: 'BTCUSDT' }],
    ['btcusdt@referencePrice', { kind: 'referencePrice', symbol: 'BTCUSDT' }],
    ['btcusdt@ticker_4h', { kind: 'windowTicker', window: '4h', symbol: 'BTCUSDT' }],
    ['btcusdt@depth', { kind: 'depth', everyMs: 1000, symbol: 'BTCUSDT' }],
    ['btcusdt@depth@1000ms', { kind: 'depth', everyMs: 1000, symbol: 'BTCUSDT' }],
    ['btcusdt@depth@100ms', { kind: 'depth', everyMs: 100, symbol: 'BTCUSDT' }],
    ['btcusdt@depth20', { kind: 'partialDepth', levels: 20, everyMs: 1000, symbol: 'BTCUSDT' }],
    ['btcusdt@depth5@100ms', { kind: 'partialDepth', levels: 5, everyMs: 100, symbol: 'BTCUSDT' }],
    ['btcusdt@kline_1M', { kind: 'kline', interval: '1M', zoneMinutes: 0, symbol: 'BTCUSDT' }],
    ['btcusdt@kline_1m@+08:00', { kind: 'kline', interval: '1m', zoneMinutes: 480, symbol: 'BTCUSDT' }],
    ['这是币@trade', { kind: 'trade', symbol: '这是币' }],
    ['!miniTicker@arr', { kind: 'allMiniTickers' }],
    ['!ticker_1d@arr', { kind: 'allWindowTickers', window: '1d' }],
  ])('%s', (name, spec) => {
    expect(parseStreamName(name)).toEqual(spec);
  });

  it.each(KLINE_INTERVALS)('kline_%s', (interval) => {
    expect(parseStreamName(`a@kline_${interval}`)).toMatchObject({ interval });
  });

  it.each([
    '',
    '0',
    '@trade',
    'btcusdt',
    'btcusdt@',
    'BTCUSDT@trade',
    'btcusdt@Trade',
    'btcusdt@depth7',
    'btcusdt@depth05',
    'btcusdt@depth@250ms',
    'btcusdt@depth5@100ms@x',
    'btcusdt@kline_1M@+09:00',
    'btcusdt@kline_7m',
    'btcusdt@kline_',
    'btcusdt@ticker_2h',
    'btcusdt@ticker_1h@100ms',
    '!ticker@arr',
    '!ticker_2h@arr',
    '!bookTicker',
    'btcusdt@constructor',
    `${'a'.repeat(200)}@trade`,
  ])('means nothing: %j', (name) => {
    expect(parseStreamName(name)).toBeUndefined();
  });

  it('never throws', () => {
    const piece = fc.constantFrom('btc', '@', 'depth', 'kline_', '1m', '5', '@100ms', '!', 'ticker', '_1h', 'arr', '+08:00');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((pieces) => pieces.join('')),
        ),
        (name) => {
          parseStreamName(name);
        },
      ),
    );
  });
});

describe('stream URLs', () => {
  it.each([
    ['/ws', false, []],
    ['/ws/', false, []],
    ['/ws/0', false, ['0']],
    ['/ws/btcusdt@trade', false, ['btcusdt@trade']],
    ['/ws/btcusdt@trade/ethusdt@depth@100ms', false, ['btcusdt@trade', 'ethusdt@depth@100ms']],
    ['/ws/btcusdt%40trade', false, ['btcusdt@trade']],
    ['/ws/btcusdt@kline_1d@+08:00', false, ['btcusdt@kline_1d@+08:00']],
    ['/ws/%zz', false, ['%zz']],
    ['/stream', true, []],
    ['/stream?streams=', true, []],
    ['/stream?streams=a@trade/b@trade', true, ['a@trade', 'b@trade']],
    ['/stream?streams=a%40trade%2Fb%40trade', true, ['a@trade', 'b@trade']],
    ['/stream?streams=a@kline_1d@+08:00/a@trade/a@trade', true, ['a@kline_1d@+08:00', 'a@trade']],
    ['/stream/ws', false, []],
    ['/stream/ws/1', false, ['1']],
    ['/stream/ws/a@trade', false, ['a@trade']],
  ])('%s', (url, combined, streams) => {
    expect(parseStreamUrl(url)).toEqual({ combined, streams, timeUnit: undefined });
    expect(isStreamPath(url.split('?')[0] as string)).toBe(true);
  });

  it('reads the time unit', () => {
    expect(parseStreamUrl('/stream?streams=a@trade&timeUnit=MICROSECOND').timeUnit).toBe('MICROSECOND');
    expect(parseStreamUrl('/ws/a@trade?timeUnit=microsecond').timeUnit).toBe('microsecond');
  });

  it.each(['/', '/wsx', '/streams', '/ws-api/v3', '/api/ws'])('leaves %s alone', (path) => {
    expect(isStreamPath(path)).toBe(false);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true }), fc.string(), (url, noise) => {
        parseStreamUrl(url + noise);
        parseStreamUrl(noise);
      }),
    );
  });
});

describe('control messages', () => {
  it('never throw anything but a documented error, and answer JSON', () => {
    const anything = fc.oneof(
      fc.json(),
      fc.string(),
      fc
        .record(
          {
            method: fc.oneof(fc.constantFrom('SUBSCRIBE', 'GET_PROPERTY', 'SET_PROPERTY', 'NONE'), fc.jsonValue()),
            params: fc.oneof(fc.array(fc.oneof(fc.string(), fc.constant('combined'), fc.boolean())), fc.jsonValue()),
            id: fc.oneof(fc.integer(), fc.string(), fc.constant(null), fc.jsonValue()),
          },
          { requiredKeys: [] },
        )
        .map((message) => JSON.stringify(message)),
    );
    fc.assert(
      fc.property(anything, (text) => {
        try {
          const { id } = parseControlMessage(text);
          expect(JSON.parse(id)).toEqual((JSON.parse(text) as { id: unknown }).id);
        } catch (error) {
          expect(error).toBeInstanceOf(ControlError);
          const { code, msg } = JSON.parse((error as ControlError).reply) as { code: number; msg: string };
          expect([0, 1, 2, 3]).toContain(code);
          expect(msg).toMatch(
            /^(?:Unknown property|Invalid value type|Invalid request: |Invalid JSON: expected value at line \d+ column \d+)/,
          );
        }
      }),
      { numRuns: 2000 },
    );
  });
});
