// Request weight per address, raw requests, bans; unfilled orders per account; what headers and errors say of them.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BinanceError } from '../../src/http/binance/binanceError.ts';
import { AddressLimits } from '../../src/http/binance/rateLimits/addressLimits.ts';
import { DEFAULT_RATE_LIMITS, type RateLimitSettings } from '../../src/http/binance/rateLimits/rateLimitSettings.ts';
import { type Answer, type BinanceRest, binanceRest } from '../fixtures/binanceRest.ts';
import { TEST_ACCOUNT_ID } from '../fixtures/fakeExchange.ts';

const SECOND_US = 1_000_000;
const MINUTE_US = 60 * SECOND_US;
/** 12:34:10 UTC: 50 seconds before the minute's end, the start of ten seconds. */
const START_US = Date.UTC(2026, 0, 5, 12, 34, 10) * 1000;

const small: RateLimitSettings = {
  ...DEFAULT_RATE_LIMITS,
  requestWeight: { interval: 'MINUTE', intervalNum: 1, limit: 10 },
  rawRequests: { interval: 'MINUTE', intervalNum: 5, limit: 1000 },
  orders: [
    { interval: 'SECOND', intervalNum: 10, limit: 5 },
    { interval: 'DAY', intervalNum: 1, limit: 8 },
  ],
  refusalsBeforeBan: 2,
};

function refused(action: () => void): BinanceError {
  try {
    action();
  } catch (error) {
    if (error instanceof BinanceError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('an address', () => {
  it('uses its weight up, waits for the minute to end, and starts again', () => {
    const limits = new AddressLimits(small);
    limits.charge('a', 10, START_US);
    const error = refused(() => limits.charge('a', 1, START_US + SECOND_US));
    expect(error).toMatchObject({ code: -1003, httpStatus: 429, retryAfterSeconds: 49 });
    expect(error.msg).toBe(
      'Too much request weight used; current limit is 10 request weight per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API.',
    );
    expect(error.data).toEqual({ serverTime: START_US / 1000 + 1000, retryAfter: START_US / 1000 + 50_000 });
    limits.charge('b', 10, START_US + SECOND_US);
    limits.charge('a', 10, START_US + 50 * SECOND_US);
    expect(limits.usedWeight('a', START_US + 50 * SECOND_US)).toBe(10);
  });

  it('is banned when it goes on, longer each time, up to three days', () => {
    const limits = new AddressLimits(small);
    const bans: string[] = [];
    limits.onBan((ip) => bans.push(ip));
    let nowUs = START_US;
    const lengths: number[] = [];
    for (let i = 0; i < 13; i++) {
      limits.charge('a', 10, nowUs);
      for (let refusals = 0; refusals < small.refusalsBeforeBan; refusals++) {
        expect(refused(() => limits.charge('a', 1, nowUs)).httpStatus).toBe(429);
      }
      const ban = refused(() => limits.charge('a', 1, nowUs));
      const untilMs = (ban.data as { retryAfter: number }).retryAfter;
      expect(ban).toMatchObject({ code: -1003, httpStatus: 418 });
      expect(ban.msg).toBe(
        `Way too much request weight used; IP banned until ${untilMs}. Please use WebSocket Streams for live updates to avoid bans.`,
      );
      lengths.push(ban.retryAfterSeconds as number);
      const last = untilMs * 1000 - 1;
      expect(refused(() => limits.charge('a', 1, last))).toMatchObject({ httpStatus: 418, retryAfterSeconds: 1 });
      expect(limits.bannedUntilUs('a', last)).toBe(untilMs * 1000);
      nowUs = untilMs * 1000 + MINUTE_US;
      expect(limits.bannedUntilUs('a', nowUs)).toBe(0);
    }
    const MINUTES = [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 4320];
    expect(lengths).toEqual(MINUTES.map((minutes) => minutes * 60));
    expect(bans).toHaveLength(13);
    // A week of good behaviour is a new start.
    nowUs += small.banMemoryMs * 1000;
    limits.charge('a', 10, nowUs);
    for (let refusals = 0; refusals < small.refusalsBeforeBan; refusals++) refused(() => limits.charge('a', 1, nowUs));
    expect(refused(() => limits.charge('a', 1, nowUs)).retryAfterSeconds).toBe(120);
  });

  it('may send so many requests, whatever they weigh', () => {
    const limits = new AddressLimits({ ...small, rawRequests: { interval: 'MINUTE', intervalNum: 5, limit: 3 } });
    for (let i = 0; i < 3; i++) limits.charge('a', 0, START_US);
    const error = refused(() => limits.charge('a', 0, START_US));
    expect(error).toMatchObject({ code: -1003, httpStatus: 429, retryAfterSeconds: 50 });
    expect(error.msg).toBe('Too many requests queued.');
  });

  it('may connect so often', () => {
    const limits = new AddressLimits({ ...small, connections: { interval: 'MINUTE', intervalNum: 5, limit: 2 } });
    expect([0, 1, 2].map(() => limits.connect('a', START_US))).toEqual([true, true, false]);
    expect(limits.connect('b', START_US)).toBe(true);
    expect(limits.connect('a', START_US + 5 * MINUTE_US)).toBe(true);
  });

  it('gets the weight of a free call back, unless its window is over', () => {
    const limits = new AddressLimits(small);
    limits.charge('a', 4, START_US);
    limits.refund('a', 4, START_US, START_US + 1);
    expect(limits.usedWeight('a', START_US + 1)).toBe(0);
    limits.charge('a', 4, START_US);
    limits.charge('a', 3, START_US + MINUTE_US);
    limits.refund('a', 4, START_US, START_US + MINUTE_US);
    expect(limits.usedWeight('a', START_US + MINUTE_US)).toBe(3);
  });

  it('is counted and never refused where limits are not enforced', () => {
    const limits = new AddressLimits({ ...small, enforced: false });
    for (let i = 0; i < 100; i++) limits.charge('a', 10, START_US);
    expect(limits.usedWeight('a', START_US)).toBe(1000);
  });
});

describe('over REST', () => {
  let api: BinanceRest;
  const limit = { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '1', price: '50000' };
  const place = (): Promise<Answer> => api.signed('POST', '/order', limit);
  const counts = async (): Promise<number[]> => {
    const { body } = await api.signed('GET', '/rateLimit/order');
    return (body as { count: number }[]).map(({ count }) => count);
  };
  const at = (us: number) => {
    api.exchange.nowUs = START_US + us;
  };

  beforeEach(async () => {
    api = await binanceRest({ rateLimits: { ...small, requestWeight: { ...small.requestWeight, limit: 500 } } });
    at(0);
  });
  afterEach(async () => {
    await api.close();
  });

  it('says the used weight on every answer, good or bad, and Retry-After with 429 and 418', async () => {
    const tight = await binanceRest({ rateLimits: small });
    tight.exchange.nowUs = START_US;
    const seen: unknown[] = [];
    for (const path of ['/ping', '/depth', '/time', '/ticker/bookTicker', '/time', '/time', '/time']) {
      const { status, headers } = await tight.open('GET', path);
      expect(headers['x-mbx-used-weight']).toBe(headers['x-mbx-used-weight-1m']);
      seen.push([status, headers['x-mbx-used-weight'], headers['retry-after']]);
    }
    expect(seen).toEqual([
      [200, '1', undefined],
      [400, '6', undefined],
      [200, '7', undefined],
      [429, '11', '50'],
      [429, '12', '50'],
      [418, '13', '120'],
      [418, '13', '120'],
    ]);
    // Another address is not concerned.
    expect((await tight.send('GET', '/ping', { ip: '10.0.0.9' })).status).toBe(200);
    await tight.close();
  });

  it('takes no weight for an order that was placed, and one for an order that was refused', async () => {
    expect((await place()).headers['x-mbx-used-weight-1m']).toBe('0');
    api.exchange.answers.placeOrder = async () => ({ ok: false, reason: { code: 4, apiCode: -2010, httpStatus: 400, text: 'no' } });
    expect((await place()).headers['x-mbx-used-weight-1m']).toBe('1');
  });

  it('counts orders per account and window, and refuses beyond the limit', async () => {
    for (let i = 1; i <= 5; i++) {
      const { headers } = await place();
      expect([headers['x-mbx-order-count-10s'], headers['x-mbx-order-count-1d']]).toEqual([String(i), String(i)]);
    }
    const refusal = await place();
    expect(refusal).toMatchObject({
      status: 429,
      body: { code: -1015, msg: 'Too many new orders; current limit is 5 orders per 10 SECOND.' },
    });
    expect(refusal.headers['retry-after']).toBe('10');
    at(10 * SECOND_US);
    for (let i = 0; i < 3; i++) expect((await place()).status).toBe(200);
    expect(await counts()).toEqual([3, 8]);
    // The day is full: the ten seconds are not charged any more.
    const day = await place();
    expect(day).toMatchObject({ status: 429, body: { code: -1015, msg: 'Too many new orders; current limit is 8 orders per 1 DAY.' } });
    expect(await counts()).toEqual([3, 8]);
  });

  it('counts every order of a list', async () => {
    const list = {
      symbol: 'BTCUSDT',
      workingType: 'LIMIT',
      workingSide: 'BUY',
      workingPrice: '1',
      workingQuantity: '1',
      workingTimeInForce: 'GTC',
    };
    const pair = {
      pendingSide: 'SELL',
      pendingQuantity: '1',
      pendingAboveType: 'LIMIT_MAKER',
      pendingAbovePrice: '3',
      pendingBelowType: 'STOP_LOSS',
      pendingBelowStopPrice: '1',
    };
    const { headers } = await api.signed('POST', '/orderList/otoco', { ...list, ...pair });
    expect(headers['x-mbx-order-count-10s']).toBe('3');
    // Three more would be six of five: nothing is counted.
    expect((await api.signed('POST', '/orderList/otoco', { ...list, ...pair })).status).toBe(429);
    expect(await counts()).toEqual([3, 3]);
  });

  const firstFill = (isMaker: boolean) => api.exchange.emitFirstFill(TEST_ACCOUNT_ID, { isMaker, timeUs: api.exchange.nowUs });

  it('takes one off with the first fill as taker, five with the first as maker', async () => {
    await place();
    await place();
    firstFill(false);
    expect(await counts()).toEqual([1, 1]);
    for (let i = 0; i < 3; i++) await place();
    expect(await counts()).toEqual([4, 4]);
    firstFill(true);
    expect(await counts()).toEqual([0, 0]);
    await place();
    expect(await counts()).toEqual([1, 1]);
  });

  it('takes fills off the windows of now, whenever the order was placed', async () => {
    for (let i = 0; i < 5; i++) await place();
    at(10 * SECOND_US);
    for (let i = 0; i < 2; i++) await place();
    firstFill(false);
    expect(await counts()).toEqual([1, 6]);
  });

  it('leaves the count alone when orders are cancelled', async () => {
    await place();
    await api.signed('DELETE', '/order', { symbol: 'BTCUSDT', orderId: 1 });
    expect(await counts()).toEqual([1, 1]);
  });

  it('does not count what its own checks refuse', async () => {
    await api.signed('POST', '/order', { ...limit, price: '0' });
    await api.signed('POST', '/order/test', limit);
    expect(await counts()).toEqual([0, 0]);
  });

  it('lists the limits in exchangeInfo and stops listening when it closes', async () => {
    const { body } = await api.open('GET', '/exchangeInfo');
    expect((body as { rateLimits: unknown }).rateLimits).toEqual([
      { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: 500 },
      { rateLimitType: 'ORDERS', interval: 'SECOND', intervalNum: 10, limit: 5 },
      { rateLimitType: 'ORDERS', interval: 'DAY', intervalNum: 1, limit: 8 },
      { rateLimitType: 'RAW_REQUESTS', interval: 'MINUTE', intervalNum: 5, limit: 1000 },
    ]);
    await place();
    expect(api.exchange.listenerCount().account).toBe(1);
    await api.close();
    expect(api.exchange.listenerCount().account).toBe(0);
  });
});
