// Every query of the history on the wire: its arguments by position, and what its answer is made of. One table; a query
// that is missing in it does not compile.
import { CodecError } from '../../codec/codecError.ts';
import type { MsgpackReader } from '../../codec/msgpackReader.ts';
import type { MsgpackWriter } from '../../codec/msgpackWriter.ts';
import { FieldKind } from '../../codec/schema.ts';
import { readValue, writeValue } from '../../codec/values.ts';
import type { HistoryQueries } from '../../ports/historyQueries.ts';
import type { RowCodec } from './rowCodecs.ts';
import * as rows from './rowCodecs.ts';

export type QueryName = keyof HistoryQueries;

/** A query with its arguments. */
export type Question = {
  readonly [Query in QueryName]: { readonly query: Query; readonly args: Readonly<Parameters<HistoryQueries[Query]>> };
}[QueryName];

/** No listing asks for more rows. */
const LIMIT_MAX = 10_000;
const MINUTES_MAX = 24 * 60;

interface ArgCodec {
  write(w: MsgpackWriter, value: unknown): void;
  read(r: MsgpackReader): unknown;
}

const of = (kind: FieldKind): ArgCodec => ({
  write: (w, value) => writeValue(w, kind, value),
  read: (r) => readValue(r, kind),
});
const optional = ({ write, read }: ArgCodec): ArgCodec => ({
  write: (w, value) => (value === undefined ? w.nil() : write(w, value)),
  read: (r) => (r.nil() ? undefined : read(r)),
});
const int = of(FieldKind.INT);
const string = of(FieldKind.STRING);
const interval = of(FieldKind.INTERVAL);

/** Bounds of a listing: integers by position, nil where there is none. `needed` must be there. */
function pageOf(more: readonly string[] = [], needed: readonly string[] = []): ArgCodec {
  const names = ['limit', 'fromId', 'startUs', 'endUs', ...more];
  const bound = optional(int);
  return {
    write: (w, value) => {
      if (typeof value !== 'object' || value === null) throw new CodecError('a page must be an object');
      w.array(names.length);
      for (const name of names) bound.write(w, (value as Readonly<Record<string, unknown>>)[name]);
    },
    read: (r) => {
      const length = r.array();
      if (length !== names.length) throw new CodecError(`a page has ${length} values, not ${names.length}`);
      const page: Record<string, number> = {};
      for (const name of names) {
        const value = bound.read(r);
        if (value !== undefined) page[name] = value as number;
      }
      for (const name of ['limit', ...needed]) if (page[name] === undefined) throw new CodecError(`a page needs its ${name}`);
      const { limit = 0, timeZoneMinutes = 0 } = page;
      if (limit < 1 || limit > LIMIT_MAX) throw new CodecError(`limit must be 1 to ${LIMIT_MAX}, not ${limit}`);
      if (Math.abs(timeZoneMinutes) > MINUTES_MAX) throw new CodecError(`no time zone is ${timeZoneMinutes} minutes from UTC`);
      return page;
    },
  };
}
const page = pageOf();

interface AnswerCodec<Answer> {
  write(w: MsgpackWriter, answer: Answer): void;
  read(r: MsgpackReader): Answer;
}

function one<Row>({ write, read }: RowCodec<Row>): AnswerCodec<Row | undefined> {
  return {
    write: (w, row) => {
      w.reserve(0);
      if (row === undefined) w.nil();
      else write(w, row);
    },
    read: (r) => (r.nil() ? undefined : read(r)),
  };
}

function list<Row>({ write, read }: RowCodec<Row>): AnswerCodec<Row[]> {
  return {
    write: (w, answer) => {
      w.reserve(0);
      w.array(answer.length);
      for (const row of answer) {
        w.reserve(0);
        write(w, row);
      }
    },
    read: (r) => {
      const length = r.array();
      const answer: Row[] = [];
      for (let i = 0; i < length; i++) answer.push(read(r));
      return answer;
    },
  };
}

type ArgCodecs<Args extends readonly unknown[]> = { readonly [I in keyof Args]-?: ArgCodec };

interface QueryCodec<Query extends QueryName> {
  readonly args: ArgCodecs<Parameters<HistoryQueries[Query]>>;
  readonly answer: AnswerCodec<Awaited<ReturnType<HistoryQueries[Query]>>>;
}

const queries: { readonly [Query in QueryName]: QueryCodec<Query> } = {
  order: { args: [int, int], answer: one(rows.orderRow) },
  orderByClientId: { args: [int, string, string], answer: one(rows.orderRow) },
  openOrders: { args: [int, optional(string)], answer: list(rows.orderRow) },
  orders: { args: [int, string, page], answer: list(rows.orderRow) },
  orderList: { args: [int, int], answer: one(rows.orderListRow) },
  orderListByClientId: { args: [int, string], answer: one(rows.orderListRow) },
  openOrderLists: { args: [int], answer: list(rows.orderListRow) },
  orderLists: { args: [int, page], answer: list(rows.orderListRow) },
  accountTrades: { args: [int, string, pageOf(['orderId'])], answer: list(rows.tradeRow) },
  amendments: { args: [int, int, page], answer: list(rows.amendmentRow) },
  preventedMatches: { args: [int, string, pageOf(['orderId', 'preventedMatchId'])], answer: list(rows.preventedMatchRow) },
  trades: { args: [string, page], answer: list(rows.tradeRow) },
  aggTrades: { args: [string, page], answer: list(rows.aggTradeRow) },
  klines: { args: [string, interval, pageOf(['timeZoneMinutes', 'nowUs'], ['nowUs'])], answer: list(rows.klineRow) },
  balanceChanges: { args: [int, optional(string), page], answer: list(rows.balanceChangeRow) },
};

/** [name, argument, ...]. Throws CodecError on an argument no query may have. */
export function writeQuestion(w: MsgpackWriter, { query, args }: Question): void {
  const codecs: readonly ArgCodec[] = queries[query].args;
  w.reserve(0);
  w.array(codecs.length + 1);
  w.string(query);
  for (const [i, codec] of codecs.entries()) codec.write(w, (args as readonly unknown[])[i]);
}

/** Throws CodecError, which says what is wrong, on anything that is not a query. */
export function readQuestion(r: MsgpackReader): Question {
  const length = r.array();
  const query = r.string();
  if (!Object.hasOwn(queries, query)) throw new CodecError(`no such query: ${query.slice(0, 40)}`);
  const codecs: readonly ArgCodec[] = queries[query as QueryName].args;
  if (length !== codecs.length + 1) throw new CodecError(`${query} takes ${codecs.length} arguments, not ${length - 1}`);
  return { query, args: codecs.map((codec) => codec.read(r)) } as unknown as Question;
}

export function writeAnswer(w: MsgpackWriter, query: QueryName, answer: unknown): void {
  (queries[query].answer as AnswerCodec<unknown>).write(w, answer);
}

export function readAnswer(r: MsgpackReader, query: QueryName): unknown {
  return queries[query].answer.read(r);
}
