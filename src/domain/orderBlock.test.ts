import { expect, test } from 'vitest';
import { order } from '../../tests/market/fixture.ts';
import { blockOf, OrderBlock } from './orderBlock.ts';
import { OrderStatus } from './orderStatus.ts';
import { RequestKind, Side, StpMode } from './orderTerms.ts';
import type { SpotOrder } from './spotOrder.ts';

const base = order({ orderId: 1, side: Side.BUY });

/** A row of which every number and amount differs from that of any other. */
function distinct(seed: number): SpotOrder {
  const row: Record<string, unknown> = { ...base };
  let next = seed * 1000;
  for (const [name, value] of Object.entries(base)) {
    next++;
    if (typeof value === 'number') row[name] = next;
    else if (typeof value === 'bigint') row[name] = BigInt(next) * 10n ** 12n;
    else if (typeof value === 'string') row[name] = `${name} ${next}`;
  }
  return { ...(row as unknown as SpotOrder), strategyId: seed, strategyType: seed % 2 === 0 ? null : -seed };
}

const request = { kind: RequestKind.CANCEL, commandId: 7, symbol: 'X', clientOrderId: '', restriction: 0, lots: 0 } as const;
const rare: SpotOrder[] = [
  { ...base, orderId: 2, request },
  { ...base, orderId: 3, outcome: { commandId: 8, kind: RequestKind.CANCEL, code: 0, clientOrderId: 'c' }, status: OrderStatus.Pending },
  {
    ...base,
    orderId: 4,
    side: Side.SELL,
    preventedMatch: {
      preventedMatchId: 1,
      takerOrderId: 2,
      makerOrderId: 4,
      priceTicks: 5,
      takerPreventedLots: 6,
      makerPreventedLots: 0,
      stpMode: StpMode.EXPIRE_TAKER,
    },
  },
  // Beyond 63 bits: the wire holds 64, memory any number.
  { ...base, orderId: 5, reservedUnits: 2n ** 63n, cumQuoteUnits: 2n ** 70n },
];

test.each([
  ['none', []],
  ['one', [distinct(1)]],
  ['alike', [base, base, base]],
  ['with nothing alike', [distinct(1), distinct(2), distinct(3)]],
  ['with rare terms', [base, ...rare, base]],
])('a block is its rows: %s', (_, rows) => {
  const block = new OrderBlock(structuredClone(blockOf(rows)));
  expect(rows.map((_row, i) => block.row(i))).toEqual(rows);
});

test('bytes that begin anywhere in a larger buffer are read, and kept no longer', () => {
  const rows = [distinct(1), distinct(2)];
  const snapshot = blockOf(rows);
  const shifted = (bytes: Uint8Array): Uint8Array => Buffer.concat([Buffer.of(9, 9, 9), bytes]).subarray(3);
  const [first, columns] = [shifted(snapshot.first), shifted(snapshot.columns)];
  const block = new OrderBlock({ ...snapshot, first, columns });
  first.fill(0);
  columns.fill(0);
  expect(rows.map((_row, i) => block.row(i))).toEqual(rows);
});

test('a snapshot in which a column is cut off is refused', () => {
  const snapshot = blockOf([distinct(1), distinct(2)]);
  expect(() => new OrderBlock({ ...snapshot, columns: snapshot.columns.subarray(8) })).toThrow(/a value for each order/);
  expect(() => new OrderBlock({ ...snapshot, first: snapshot.first.subarray(8) })).toThrow(/every field/);
});
