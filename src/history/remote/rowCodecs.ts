// The rows of history's answers on the wire. Entities travel as the log has them, by position (codec/schema.ts); what only
// the history knows by the tables here.
import { CodecError } from '../../codec/codecError.ts';
import type { MsgpackReader } from '../../codec/msgpackReader.ts';
import type { MsgpackWriter } from '../../codec/msgpackWriter.ts';
import { readRow, writeRow } from '../../codec/rows.ts';
import { balanceSchema, type EntitySchema, FieldKind, klineSchema, orderListSchema, orderSchema, tradeSchema } from '../../codec/schema.ts';
import { readValue, writeValue } from '../../codec/values.ts';
import type { Balance } from '../../domain/balance.ts';
import type { KLine } from '../../domain/klineEntry.ts';
import type { SpotOrder } from '../../domain/spotOrder.ts';
import type { SpotOrderList } from '../../domain/spotOrderList.ts';
import type { SpotTrade } from '../../domain/spotTrade.ts';
import type { AggTrade, BalanceChange, OrderAmendment, PreventedMatchRow } from '../../ports/historyQueries.ts';

export interface RowCodec<Row> {
  write(w: MsgpackWriter, row: Row): void;
  read(r: MsgpackReader): Row;
}

function entity<Row extends object>(schema: EntitySchema): RowCodec<Row> {
  return {
    write: (w, row) => writeRow(w, schema, row),
    read: (r) => readRow(r, schema) as Row,
  };
}

/** By position, in the order of the table: every field of the row, none optional. */
function flat<Row extends object>(table: Readonly<Record<keyof Row & string, FieldKind>>): RowCodec<Row> {
  const fields = Object.entries<FieldKind>(table);
  return {
    write: (w, row) => {
      w.array(fields.length);
      for (const [name, kind] of fields) writeValue(w, kind, (row as Readonly<Record<string, unknown>>)[name]);
    },
    read: (r) => {
      const length = r.array();
      if (length !== fields.length) throw new CodecError(`a row has ${length} values, not ${fields.length}`);
      const row: Record<string, unknown> = {};
      for (const [name, kind] of fields) row[name] = readValue(r, kind);
      return row as Row;
    },
  };
}

const { INT, STRING, BOOLEAN } = FieldKind;

export const orderRow = entity<SpotOrder>(orderSchema);
export const orderListRow = entity<SpotOrderList>(orderListSchema);
export const tradeRow = entity<SpotTrade>(tradeSchema);
export const klineRow = entity<KLine>(klineSchema);

export const amendmentRow = flat<OrderAmendment>({
  orderId: INT,
  executionId: INT,
  origClientOrderId: STRING,
  newClientOrderId: STRING,
  origLots: INT,
  newLots: INT,
  timeUs: INT,
});

export const preventedMatchRow = flat<PreventedMatchRow>({
  preventedMatchId: INT,
  takerOrderId: INT,
  makerOrderId: INT,
  priceTicks: INT,
  takerPreventedLots: INT,
  makerPreventedLots: INT,
  stpMode: INT,
  symbol: STRING,
  timeUs: INT,
});

export const aggTradeRow = flat<AggTrade>({
  aggTradeId: INT,
  priceTicks: INT,
  lots: INT,
  firstTradeId: INT,
  lastTradeId: INT,
  tradeUs: INT,
  buyerIsMaker: BOOLEAN,
});

const balanceRow = entity<Balance>(balanceSchema);

/** The balance's row with the sequence before it. */
export const balanceChangeRow: RowCodec<BalanceChange> = {
  write: (w, change) => {
    w.int(change.entrySequence);
    balanceRow.write(w, change);
  },
  read: (r) => {
    const entrySequence = r.int();
    return { ...balanceRow.read(r), entrySequence };
  },
};
