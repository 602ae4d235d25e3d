import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newOrder } from '../../../tests/conformance/historyFeed.ts';
import { encodeStep } from '../../codec/stepCodec.ts';
import { StepCursor } from '../../codec/stepCursor.ts';
import { created, EntityType } from '../../domain/changeLogEntry.ts';
import type { SpotOrder } from '../../domain/spotOrder.ts';
import { clientIdHash, clientIdHashOf } from './historyState.ts';
import { LENGTH_BYTES, ROW_HEAD_BYTES } from './layout.ts';
import { isPlain, OrderFields, rewriteOrder, rewriteRoom } from './orderBytes.ts';
import { Fills, MAX_FILL_IDS, type OrderExtras, orderRoom, writeOrder } from './orderRow.ts';
import { RowWriter } from './rowBytes.ts';

const SYMBOL_ID = 300;
const NO_EXTRAS: OrderExtras = { fills: null, amendments: null };
const number = fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: Number.MAX_SAFE_INTEGER }));
const units = fc.oneof(fc.bigInt({ min: 0n, max: 300n }), fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }));

const progress = fc.record({
  status: fc.integer({ min: 0, max: 6 }) as fc.Arbitrary<SpotOrder['status']>,
  executedLots: number,
  cumQuoteUnits: units,
  bookLots: number,
  updateId: number,
  updateUs: number,
});

const order: fc.Arbitrary<SpotOrder> = fc
  .record({
    orderId: number,
    accountId: number,
    clientOrderId: fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 200 })),
    side: fc.constantFrom(1 as const, 2 as const),
    priceTicks: number,
    origLots: number,
    commandId: number,
    createdUs: number,
    makerRate: number,
    takerRate: number,
    workingUs: number,
    reservedUnits: units,
    origQuoteUnits: fc.oneof(fc.constant(0n), units),
    stpMode: fc.constantFrom(0 as const, 1 as const),
  })
  .chain((fields) => progress.map((changing) => newOrder({ ...fields, ...changing })));

/** The whole row, as the slow way writes it. */
function rowOf(row: SpotOrder, extras: OrderExtras): Buffer {
  return rowBy(row, orderRoom(row, extras), (w) => writeOrder(w, row, extras, SYMBOL_ID));
}

function rowBy({ orderId, createdUs }: SpotOrder, room: number, write: (w: RowWriter) => void): Buffer {
  const w = new RowWriter(Buffer.alloc(ROW_HEAD_BYTES + room), LENGTH_BYTES);
  w.u56(orderId);
  w.u56(createdUs);
  write(w);
  const end = w.at;
  expect(end).toBeLessThanOrEqual(w.bytes.length);
  w.at = 0;
  w.u24(end - LENGTH_BYTES);
  return w.bytes.subarray(0, end);
}

function progressFields(row: SpotOrder, expiryReason: number): Parameters<typeof rewriteOrder>[4] {
  const { status, executedLots, bookLots, updateId, updateUs } = row;
  const cumQuoteHigh = Number(row.cumQuoteUnits >> 32n);
  const cumQuoteLow = Number(BigInt.asIntN(32, row.cumQuoteUnits));
  return { status, executedLots, cumQuoteHigh, cumQuoteLow, bookLots, updateId, updateUs, expiryReason };
}

test('the log’s bytes become the row that the order itself would', () => {
  const cursor = new StepCursor();
  const fields = new OrderFields();
  fc.assert(
    fc.property(order, (row) => {
      cursor.begin(encodeStep([created(EntityType.SpotOrder, row.orderId, row, 1)]));
      cursor.next();
      expect(fields.read(cursor.reader)).toBe(true);
      const { bytes } = cursor.reader;
      const direct = rowBy(row, fields.room, (w) => fields.write(w, bytes, SYMBOL_ID));
      expect(direct.toString('hex')).toBe(rowOf(row, NO_EXTRAS).toString('hex'));
      const hash = clientIdHashOf(row.accountId, SYMBOL_ID, bytes, fields.nameAt, fields.nameLength);
      expect(hash).toBe(clientIdHash(row.accountId, SYMBOL_ID, row.clientOrderId));
      expect(cursor.next()).toBe(false);
    }),
  );
});

test('an order with more than most have is left to be read as an object', () => {
  const cursor = new StepCursor();
  const row = newOrder({ orderId: 1, strategyId: 7 });
  cursor.begin(encodeStep([created(EntityType.SpotOrder, 1, row, 1)]));
  cursor.next();
  expect(new OrderFields().read(cursor.reader)).toBe(false);
  expect(cursor.row()).toEqual(row);
});

test('a row rewritten is the row written anew', () => {
  const fills = fc.option(
    fc.uniqueArray(fc.nat({ max: 1e9 }), { minLength: 1, maxLength: MAX_FILL_IDS }).map((ids) => {
      ids.sort((a, b) => a - b);
      const [first = 0, ...more] = ids;
      const some = new Fills(first);
      for (const id of more) some.add(id);
      if (ids.length === MAX_FILL_IDS) some.add(1e9 + 7);
      return some;
    }),
    { nil: null },
  );
  fc.assert(
    fc.property(order, progress, fc.constantFrom(0 as const, 1 as const), fills, fc.boolean(), (row, next, expiryReason, filled, again) => {
      const plain = { ...row, origQuoteUnits: 0n, stpMode: 0 as const };
      const extras = { fills: filled, amendments: null };
      const before = rowOf(again ? { ...plain, expiryReason } : plain, again ? extras : NO_EXTRAS);
      expect(isPlain(before, 0)).toBe(true);
      const now: SpotOrder = { ...plain, ...next, expiryReason };
      const rewritten = rowBy(now, rewriteRoom(before, 0, filled), (w) =>
        rewriteOrder(w, before, 0, row.createdUs, progressFields(now, expiryReason), filled),
      );
      expect(rewritten.toString('hex')).toBe(rowOf(now, extras).toString('hex'));
    }),
  );
});

test.each([
  { stpMode: 1 as const },
  { origQuoteUnits: 1n },
  { strategyId: 1 },
  { stopPriceTicks: 9 },
  { amendCount: 1 },
  { rejectCode: 5 },
])('a row with %o is none of those', (rare) => {
  expect(isPlain(rowOf(newOrder({ orderId: 1, ...rare }), NO_EXTRAS), 0)).toBe(false);
});
