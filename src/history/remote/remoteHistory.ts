// HistoryQueries over questions to whoever keeps the past: another process, another thread. Questions asked in one turn travel in one request and are answered at
// one moment of the history.
import type { HistoryQueries } from '../../ports/historyQueries.ts';
import { type Answer, HistoryQueryError, QUESTIONS_MAX } from './messages.ts';
import type { QueryName, Question } from './queryCodec.ts';

/** Answers in the order of the questions. */
export type Ask = (questions: readonly Question[]) => Promise<readonly Answer[]>;

interface Asked {
  readonly question: Question;
  readonly resolve: (rows: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Texts in one request, in UTF-16 units: far below the largest message in any encoding. */
const TEXT_MAX = 100_000;

export class RemoteHistory implements HistoryQueries {
  readonly #ask: Ask;
  #asked: Asked[] = [];
  #text = 0;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  order(...args: Parameters<HistoryQueries['order']>): ReturnType<HistoryQueries['order']> {
    return this.#answer('order', args);
  }
  orderByClientId(...args: Parameters<HistoryQueries['orderByClientId']>): ReturnType<HistoryQueries['orderByClientId']> {
    return this.#answer('orderByClientId', args);
  }
  openOrders(...args: Parameters<HistoryQueries['openOrders']>): ReturnType<HistoryQueries['openOrders']> {
    return this.#answer('openOrders', args);
  }
  orders(...args: Parameters<HistoryQueries['orders']>): ReturnType<HistoryQueries['orders']> {
    return this.#answer('orders', args);
  }
  orderList(...args: Parameters<HistoryQueries['orderList']>): ReturnType<HistoryQueries['orderList']> {
    return this.#answer('orderList', args);
  }
  orderListByClientId(...args: Parameters<HistoryQueries['orderListByClientId']>): ReturnType<HistoryQueries['orderListByClientId']> {
    return this.#answer('orderListByClientId', args);
  }
  openOrderLists(...args: Parameters<HistoryQueries['openOrderLists']>): ReturnType<HistoryQueries['openOrderLists']> {
    return this.#answer('openOrderLists', args);
  }
  orderLists(...args: Parameters<HistoryQueries['orderLists']>): ReturnType<HistoryQueries['orderLists']> {
    return this.#answer('orderLists', args);
  }
  accountTrades(...args: Parameters<HistoryQueries['accountTrades']>): ReturnType<HistoryQueries['accountTrades']> {
    return this.#answer('accountTrades', args);
  }
  amendments(...args: Parameters<HistoryQueries['amendments']>): ReturnType<HistoryQueries['amendments']> {
    return this.#answer('amendments', args);
  }
  preventedMatches(...args: Parameters<HistoryQueries['preventedMatches']>): ReturnType<HistoryQueries['preventedMatches']> {
    return this.#answer('preventedMatches', args);
  }
  trades(...args: Parameters<HistoryQueries['trades']>): ReturnType<HistoryQueries['trades']> {
    return this.#answer('trades', args);
  }
  aggTrades(...args: Parameters<HistoryQueries['aggTrades']>): ReturnType<HistoryQueries['aggTrades']> {
    return this.#answer('aggTrades', args);
  }
  klines(...args: Parameters<HistoryQueries['klines']>): ReturnType<HistoryQueries['klines']> {
    return this.#answer('klines', args);
  }
  balanceChanges(...args: Parameters<HistoryQueries['balanceChanges']>): ReturnType<HistoryQueries['balanceChanges']> {
    return this.#answer('balanceChanges', args);
  }

  #answer<Rows>(query: QueryName, args: readonly unknown[]): Promise<Rows> {
    return new Promise<Rows>((resolve, reject) => {
      const text = args.reduce<number>((sum, arg) => sum + (typeof arg === 'string' ? arg.length : 0), 0);
      if (this.#asked.length === QUESTIONS_MAX || (this.#asked.length > 0 && this.#text + text > TEXT_MAX)) this.#send();
      if (this.#asked.length === 0) queueMicrotask(() => this.#send());
      this.#asked.push({ question: { query, args } as unknown as Question, resolve: resolve as (rows: unknown) => void, reject });
      this.#text += text;
    });
  }

  #send(): void {
    const asked = this.#asked;
    if (asked.length === 0) return;
    this.#asked = [];
    this.#text = 0;
    this.#ask(asked.map(({ question }) => question)).then(
      (answers) => {
        for (const [i, { resolve, reject }] of asked.entries()) {
          const answer = answers[i] as Answer;
          if (answer.ok) resolve(answer.rows);
          else reject(new HistoryQueryError(answer.text));
        }
      },
      (error: unknown) => {
        for (const { reject } of asked) reject(error);
      },
    );
  }
}
