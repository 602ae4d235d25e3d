import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvariantError } from '../assert.ts';
import { PackedReader } from './packedReader.ts';
import { PackedRows } from './packedRows.ts';
import { PackedWriter } from './packedWriter.ts';

const number = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.maxSafeInteger(),
  fc.constantFrom(0, -0, 2 ** 51, -(2 ** 51), 2 ** 51 - 1, 2 ** 31, 127, 128, Number.NaN, Number.POSITIVE_INFINITY),
);
const amount = fc.oneof(
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }),
  fc.constantFrom(0n, 2n ** 51n, 2n ** 51n - 1n, -(2n ** 51n), 2n ** 63n, -(2n ** 63n), 2n ** 63n - 1n, 10n ** 40n, -(10n ** 40n)),
);
const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('', '\u00ff', '\u0100', '\ud800'));

describe('packed values', () => {
  it('come back as they were', () => {
    const value = fc.oneof(
      number.map((v) => ({ kind: 'number' as const, v })),
      amount.map((v) => ({ kind: 'amount' as const, v })),
      text.map((v) => ({ kind: 'text' as const, v })),
      text.map((v) => ({ kind: 'name' as const, v })),
      fc.nat(255).map((v) => ({ kind: 'byte' as const, v })),
      fc.maxSafeNat().map((v) => ({ kind: 'count' as const, v })),
    );
    const writer = new PackedWriter();
    fc.assert(
      fc.property(fc.array(value, { maxLength: 60 }), fc.nat(20), (values, before) => {
        writer.start();
        for (const { kind, v } of values) (writer[kind] as (v: unknown) => void)(v);
        const bytes = new Uint8Array(before + writer.bytes.length);
        bytes.set(writer.bytes, before);
        const reader = new PackedReader().start(bytes, before, bytes.length);
        for (const { kind, v } of values) expect(reader[kind]()).toBe(v);
        expect(reader.atEnd).toBe(true);
        expect(() => reader.byte()).toThrow(InvariantError);
      }),
    );
  });

  it('are few bytes', () => {
    const bytes = new PackedWriter()
      .start()
      .number(-1)
      .amount(100n)
      .name('USDT')
      .amount(10n ** 14n)
      .text('a').bytes.length;
    expect(bytes).toBeLessThanOrEqual(1 + 2 + 1 + 7 + 2 + 1);
  });
});

/** A row of so many bytes that say who wrote it. */
function rowOf(value: number, length: number): Uint8Array {
  return new Uint8Array(length).map((_, i) => (value + i) & 0xff);
}

function readRow(rows: PackedRows, id: number): number[] | undefined {
  const reader = new PackedReader();
  if (!rows.read(id, reader)) return undefined;
  const bytes: number[] = [];
  while (!reader.atEnd) bytes.push(reader.byte());
  return bytes;
}

describe('packed rows', () => {
  it('do what a Map does, in the order in which ids first came', () => {
    const id = fc.oneof(fc.nat(40), fc.constantFrom(2 ** 53 - 1, 2 ** 32 + 3));
    const length = fc.oneof(fc.nat(50), fc.nat(30_000), fc.constantFrom(0, 2 ** 16 - 8, 2 ** 16, 100_000));
    const action = fc.record({ kind: fc.constantFrom('set', 'set', 'delete'), id, length, value: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 120 }), (actions) => {
        const rows = new PackedRows();
        const model = new Map<number, Uint8Array | undefined>();
        for (const { kind, id: key, length: bytes, value } of actions) {
          if (kind === 'set') {
            rows.set(key, rowOf(value, bytes));
            model.set(key, rowOf(value, bytes));
          } else {
            expect(rows.delete(key)).toBe(model.get(key) !== undefined);
            if (model.has(key)) model.set(key, undefined);
          }
        }
        const held = [...model].filter(([, row]) => row !== undefined);
        expect([...rows.ids()]).toEqual(held.map(([key]) => key));
        expect(rows.size).toBe(held.length);
        for (const [key, row] of model) {
          expect(readRow(rows, key)).toEqual(row === undefined ? undefined : [...row]);
          expect(rows.has(key)).toBe(row !== undefined);
        }
        expect(rows.read(41, new PackedReader())).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it('let go of what rows left behind', () => {
    const rows = new PackedRows();
    for (let id = 0; id < 50_000; id++) rows.set(1000 + id, rowOf(id, 40));
    const full = rows.bytes;
    // Indexes grow by half or by twice: the last rows may just have made them.
    expect(full / 50_000).toBeLessThan(8 + 40 + 12 * 1.5 + 11);
    for (let round = 0; round < 5; round++) for (let id = 0; id < 50_000; id++) rows.set(1000 + id, rowOf(id + round, 40));
    expect(rows.bytes).toBeLessThan(full * 2);
    for (let id = 0; id < 50_000; id++) if (id % 10 > 0) rows.delete(1000 + id);
    expect(rows.size).toBe(5_000);
    expect(rows.bytes).toBeLessThan(full);
    for (let id = 0; id < 50_000; id += 10) expect(readRow(rows, 1000 + id)).toEqual([...rowOf(id + 4, 40)]);
    rows.clear();
    expect([rows.size, rows.has(1000), [...rows.ids()].length]).toEqual([0, false, 0]);
  });

  it('are only for ids', () => {
    for (const id of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => new PackedRows().set(id, new Uint8Array(1))).toThrow(RangeError);
  });
});
