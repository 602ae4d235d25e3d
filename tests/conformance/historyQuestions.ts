// Asks two histories the same questions, all kinds of them, and expects the same answers.
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { KlineInterval } from '../../src/domain/klineEntry.ts';
import type { HistoryReads } from '../../src/history/historyStore.ts';
import type { Page } from '../../src/ports/historyQueries.ts';
import { FEED_ACCOUNTS, FEED_ASSETS, FEED_CLIENT_IDS, FEED_START_US, FEED_SYMBOLS } from './historyFeed.ts';

/** What to ask about; `random` picks the pages. */
export interface QuestionScope {
  readonly orderIds: readonly number[];
  readonly listIds: readonly number[];
  readonly nowUs: number;
  readonly times: readonly number[];
  readonly random: (below: number) => number;
}

/** Every kind of page: both ways, from an id, from a time, up to a time, between times. */
function pages(scope: QuestionScope, ids: number): Page[] {
  const { random } = scope;
  // Mostly the very moments when something happened, where off-by-ones are.
  const time = (): number => (scope.times[random(scope.times.length)] ?? scope.nowUs) + (random(4) === 0 ? random(3) - 1 : 0);
  const [a, b] = [time(), time()];
  return [
    { limit: 1 + random(5) },
    { limit: 1000 },
    { limit: 1 + random(10), fromId: random(ids + 2) },
    { limit: 1 + random(10), startUs: time() },
    { limit: 1 + random(10), endUs: time() },
    { limit: 1 + random(3), endUs: time() },
    { limit: 1 + random(10), startUs: Math.min(a, b), endUs: Math.max(a, b) },
    { limit: 1 + random(10), fromId: random(ids + 2), startUs: time() },
    { limit: 1 + random(10), fromId: random(ids + 2), endUs: time() },
    { limit: 1000, startUs: Math.max(a, b), endUs: Math.min(a, b) },
  ];
}

type Question = readonly [what: string, ask: (history: HistoryReads) => unknown];

function orderQuestions(scope: QuestionScope): Question[] {
  const questions: Question[] = [];
  const add = (what: string, ask: Question[1]): unknown => questions.push([what, ask]);
  const lastId = scope.orderIds.at(-1) ?? 0;
  for (const id of [0, ...scope.orderIds, lastId + 1]) {
    for (const account of FEED_ACCOUNTS) {
      add(`order ${account} ${id}`, (h) => h.order(account, id));
      if (scope.random(5) > 0) continue;
      for (const page of [{ limit: 100 }, { limit: 1 }, { limit: 1, fromId: 0 }, { limit: 9, endUs: scope.nowUs - 9 }]) {
        add(`amendments ${account} ${id} ${JSON.stringify(page)}`, (h) => h.amendments(account, id, page));
      }
    }
  }
  for (const account of FEED_ACCOUNTS) {
    add(`openOrders ${account}`, (h) => h.openOrders(account));
    for (const symbol of [...FEED_SYMBOLS, 'NONE']) {
      add(`openOrders ${account} ${symbol}`, (h) => h.openOrders(account, symbol));
      for (const clientId of [...FEED_CLIENT_IDS, `c${lastId}`, 'none']) {
        add(`orderByClientId ${account} ${symbol} ${clientId}`, (h) => h.orderByClientId(account, symbol, clientId));
      }
      for (const page of pages(scope, lastId)) {
        add(`orders ${account} ${symbol} ${JSON.stringify(page)}`, (h) => h.orders(account, symbol, page));
      }
    }
    for (const id of [...scope.listIds, 10 ** 6]) add(`orderList ${account} ${id}`, (h) => h.orderList(account, id));
    for (const id of [...FEED_CLIENT_IDS, ...scope.listIds.map((list) => `l${list}`)]) {
      add(`orderListByClientId ${account} ${id}`, (h) => h.orderListByClientId(account, id));
    }
    add(`openOrderLists ${account}`, (h) => h.openOrderLists(account));
    for (const page of pages(scope, lastId)) {
      add(`orderLists ${account} ${JSON.stringify(page)}`, (h) => h.orderLists(account, page));
    }
  }
  return questions;
}

function tradeQuestions(scope: QuestionScope): Question[] {
  const questions: Question[] = [];
  const add = (what: string, ask: Question[1]): unknown => questions.push([what, ask]);
  const orderId = scope.orderIds[scope.random(scope.orderIds.length)] ?? 1;
  for (const symbol of [...FEED_SYMBOLS, 'NONE']) {
    for (const page of pages(scope, 100)) {
      const text = `${symbol} ${JSON.stringify(page)}`;
      add(`trades ${text}`, (h) => h.trades(symbol, page));
      add(`aggTrades ${text}`, (h) => h.aggTrades(symbol, page));
      for (const account of FEED_ACCOUNTS) {
        add(`accountTrades ${account} ${text}`, (h) => h.accountTrades(account, symbol, page));
        const ofOrder = { ...page, orderId };
        add(`accountTrades ${account} ${orderId} ${text}`, (h) => h.accountTrades(account, symbol, ofOrder));
        add(`preventedMatches ${account} ${text}`, (h) => h.preventedMatches(account, symbol, page));
        add(`preventedMatches ${account} ${orderId} ${text}`, (h) => h.preventedMatches(account, symbol, ofOrder));
        const one = { ...page, preventedMatchId: 1 + scope.random(5) };
        add(`preventedMatches ${JSON.stringify(one)}`, (h) => h.preventedMatches(account, symbol, one));
      }
    }
  }
  for (const account of FEED_ACCOUNTS) {
    for (const asset of [...FEED_ASSETS, undefined, 'NONE']) {
      for (const page of pages(scope, 100)) {
        const text = `${account} ${asset} ${JSON.stringify(page)}`;
        add(`balanceChanges ${text}`, (h) => h.balanceChanges(account, asset, page));
      }
    }
  }
  return questions;
}

function klineQuestions(scope: QuestionScope): Question[] {
  const questions: Question[] = [];
  const spanUs = scope.nowUs - FEED_START_US;
  // The oracle makes every kline of the span: seconds and minutes only where that is bearable.
  const intervals: KlineInterval[] = ['15m', '1h', '4h', '1d', '1w', '1M'];
  if (spanUs < 2 * 3600e6) intervals.push('1s');
  if (spanUs < 48 * 3600e6) intervals.push('1m', '3m');
  for (const symbol of [...FEED_SYMBOLS, 'NONE']) {
    for (const interval of intervals) {
      for (const timeZoneMinutes of [0, 480, -330, 61]) {
        for (const page of pages(scope, 0)) {
          if (page.fromId !== undefined) continue;
          const nowUs = scope.nowUs + (scope.random(3) - 1) * 3_000_000;
          const asked = { ...page, timeZoneMinutes, nowUs };
          questions.push([
            `klines ${symbol} ${interval} ${JSON.stringify(asked)}`,
            (h) => {
              const rows = h.klines(symbol, interval, asked);
              // Whether a rolled-up kline is closed is told by other tests.
              return timeZoneMinutes === 0 ? rows : rows.map(({ closed: _, ...row }) => row);
            },
          ]);
        }
      }
    }
  }
  return questions;
}

/** Asks one question in three, picked by `random`. */
export function expectSameAnswers(oracle: HistoryReads, history: HistoryReads, scope: QuestionScope): void {
  for (const [what, ask] of [...orderQuestions(scope), ...tradeQuestions(scope), ...klineQuestions(scope)]) {
    if (scope.random(3) > 0) continue;
    const [answer, expected] = [ask(history), ask(oracle)];
    // expect() is slow, and there are thousands of questions.
    if (!isDeepStrictEqual(answer, expected)) expect(answer, what).toStrictEqual(expected);
  }
}

export interface HistoryCall {
  readonly query: keyof HistoryReads;
  readonly args: readonly unknown[];
}

/** The calls behind one question in three, picked by `random`: for histories that answer with promises. */
export function historyCalls(scope: QuestionScope): HistoryCall[] {
  const calls: HistoryCall[] = [];
  const recorder = new Proxy({} as HistoryReads, {
    get:
      (_target, query) =>
      (...args: unknown[]) => {
        calls.push({ query: query as keyof HistoryReads, args });
        return [];
      },
  });
  for (const [, ask] of [...orderQuestions(scope), ...tradeQuestions(scope), ...klineQuestions(scope)]) {
    if (scope.random(3) === 0) ask(recorder);
  }
  return calls;
}
