import fc from 'fast-check';
import { Packr, Unpackr } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import { arbitraryEntry, arbitraryRow, arbitraryStep } from '../../tests/arbitraryEntries.ts';
import { type ChangeLogEntry, created, deleted, EntityType, updated } from '../domain/changeLogEntry.ts';
import { OrderStatus } from '../domain/orderStatus.ts';
import { OrderField, type SpotOrder } from '../domain/spotOrder.ts';
import { CodecError } from './codecError.ts';
import { MsgpackReader } from './msgpackReader.ts';
import { MsgpackWriter } from './msgpackWriter.ts';
import { readFieldsFromSchema, readRow, writeRow, writeRowFromSchema } from './rows.ts';
import { schemaOf } from './schema.ts';
import { decodeStep, encodeStep } from './stepCodec.ts';

const types = Object.entries(EntityType);

describe('steps', () => {
  test.each(types)('%s: decode(encode(entries)) = entries', (_name, entityType) => {
    fc.assert(
      fc.property(fc.array(arbitraryEntry(entityType), { maxLength: 4 }), (entries) => {
        expect(decodeStep(encodeStep(entries))).toEqual(entries);
      }),
    );
  });

  test('entries of all types share a step', () => {
    fc.assert(
      fc.property(arbitraryStep, (entries) => {
        expect(decodeStep(encodeStep(entries))).toEqual(entries);
      }),
    );
  });

  test.each(types)('%s: the hand-written row equals the one from the table', (_name, entityType) => {
    const schema = schemaOf(entityType)!;
    fc.assert(
      fc.property(arbitraryRow(schema), (row) => {
        const byHand = write((w) => writeRow(w, schema, row));
        const byTable = write((w) => writeRowFromSchema(w, schema, row as Record<string, unknown>));
        expect(Buffer.from(byHand).toString('hex')).toBe(Buffer.from(byTable).toString('hex'));
        const reader = new MsgpackReader();
        reader.begin(byHand);
        const readByHand = readRow(reader, schema);
        reader.begin(byHand);
        expect(readFieldsFromSchema(reader, schema, reader.array())).toEqual(readByHand);
        expect(Object.keys(readByHand)).toEqual(schema.fields.map((field) => field.name));
      }),
    );
  });

  test('what was encoded before stays as it was while others are encoded', () => {
    const steps = Array.from({ length: 5000 }, (_, i) => {
      const entries = [deleted(EntityType.SpotOrder, i, 1)];
      return { entries, bytes: encodeStep(entries) };
    });
    for (const { entries, bytes } of steps) expect(decodeStep(bytes)).toEqual(entries);
  });

  test('a step of 100 000 entries and one with a megabyte of text', () => {
    const many = Array.from({ length: 100_000 }, (_, i) => deleted(EntityType.SpotOrder, i, i));
    expect(decodeStep(encodeStep(many))).toHaveLength(100_000);
    const long = [updated(EntityType.Symbol, 'X', [23, '', 'ü'.repeat(500_000)], 1)];
    expect(decodeStep(encodeStep(long))).toEqual(long);
  });

  test('trailing defaults take no space', () => {
    const order = bareOrder();
    const bare = encodeStep([created(EntityType.SpotOrder, 1, order, 1)]).length;
    const amended = encodeStep([created(EntityType.SpotOrder, 1, { ...order, amendCount: 1 }, 1)]).length;
    // Array 16 instead of fixarray costs two bytes more; 29 defaults stand before amendCount.
    expect(amended - bare).toBe(29 + 2);
  });
});

describe('another msgpack library', () => {
  test('sees plain types only', () => {
    const unpackr = new Unpackr();
    fc.assert(
      fc.property(arbitraryStep, (entries) => {
        const values = unpackr.unpack(encodeStep(entries)) as unknown[];
        expect(values).toHaveLength(entries.length + 1);
        expectPlain(values);
      }),
    );
  });

  test('reads an order by position', () => {
    const order = { ...bareOrder(), symbol: 'BTCUSDT', origLots: 7, status: OrderStatus.Pending };
    const entry = created(EntityType.SpotOrder, 1, order, 99);
    entry.sequence = 5;
    const [version, first] = new Unpackr().unpack(encodeStep([entry])) as [number, unknown[]];
    expect(version).toBe(2);
    expect(first.slice(0, 5)).toEqual([EntityType.SpotOrder, 1, 0, 99, 5]);
    const row = first[5] as unknown[];
    expect(row[OrderField.symbol]).toBe('BTCUSDT');
    expect(row[OrderField.origLots]).toBe(7);
    expect(row).toHaveLength(OrderField.status + 1);
  });
});

describe('wrong values are refused when they are encoded', () => {
  const refused = (order: object): (() => unknown) => {
    return () => encodeStep([created(EntityType.SpotOrder, 1, order as SpotOrder, 1)]);
  };

  test('a fraction, a number for a bigint, a bigint for a number, a missing field', () => {
    expect(refused({ ...bareOrder(), priceTicks: 1.5 })).toThrow(/entry 0 \(SpotOrder\): expected an integer, got number 1.5/);
    expect(refused({ ...bareOrder(), reservedUnits: 5 })).toThrow(/expected a bigint, got number 5/);
    expect(refused({ ...bareOrder(), reservedUnits: 2n ** 64n })).toThrow(CodecError);
    expect(refused({ ...bareOrder(), origLots: 5n })).toThrow(CodecError);
    expect(refused({ ...bareOrder(), symbol: undefined })).toThrow(CodecError);
    expect(refused({ ...bareOrder(), priceTicks: 2 ** 53 })).toThrow(CodecError);
  });

  test('a refusal leaves nothing behind in the next step', () => {
    expect(refused({ ...bareOrder(), takerRate: Number.NaN })).toThrow(CodecError);
    const entries = [deleted(EntityType.Balance, '1000-BTC', 5)];
    expect(decodeStep(encodeStep(entries))).toEqual(entries);
  });

  test('changed fields: not in threes, unknown field, value of the wrong kind', () => {
    const change = (...changes: unknown[]) => encodeStep([updated(EntityType.SpotOrder, 1, changes, 1)]);
    expect(() => change(1, 2)).toThrow(/in threes/);
    expect(() => change(99, 1, 2)).toThrow(/no field 99/);
    expect(() => change(OrderField.status, 0, 'Filled')).toThrow(/status: expected an integer, got string Filled/);
  });

  test('a map key that would change a prototype', () => {
    const rates = JSON.parse('{"__proto__": {"makerRate": 1, "takerRate": 1}}') as object;
    expect(() => encodeStep([updated(EntityType.Account, 1, [4, null, rates], 1)])).toThrow(/__proto__/);
  });
});

describe('wrong bytes are refused with what is wrong', () => {
  const decode = (...values: unknown[]) => decodeStep(plainStep(...values));

  test.each<[string, () => unknown, RegExp]>([
    ['nothing', () => decodeStep(new Uint8Array()), /ends too early/],
    ['no bytes', () => decodeStep('x' as unknown as Uint8Array), /expected bytes/],
    ['a map', () => decodeStep(Uint8Array.of(0x80)), /expected an array at byte 0, found a map/],
    ['no version', () => decodeStep(Uint8Array.of(0x90)), /schema version 0/],
    ['a newer version', () => decode(3), /version 3 is newer than 2: this sedax is too old/],
    ['an unknown entity type', () => decode(2, [99, 1, 2, 1, 1, null]), /entry 0 \(type 99\): no such entity type/],
    ['an unknown change kind', () => decode(2, [1, 1, 7, 1, 1, null]), /entry 0 \(SpotOrder\): no such change kind: 7/],
    ['a short entry', () => decode(2, [1, 1, 2]), /an entry has 6 values, not 3/],
    ['a short row', () => decode(2, [1, 1, 0, 1, 1, [1, 2]]), /row of 2 fields, at least 13 needed/],
    ['a row too long', () => decode(2, [3, 'T', 0, 1, 1, new Array(14).fill(1)]), /row of 14 fields, 13 known/],
    ['a field of another kind', () => decode(2, [3, 'T', 0, 1, 1, new Array(13).fill(1)]), /symbol: expected a string/],
    ['a body on Deleted', () => decode(2, [1, 1, 2, 1, 1, 5]), /a Deleted entry has no body/],
    ['an unknown field', () => decode(2, [1, 1, 1, 1, 1, [80, 1, 2]]), /no field 80/],
    ['an unknown interval', () => decode(2, [4, 'K', 1, 1, 1, [1, null, '2m']]), /interval: no such kline interval: 2m/],
    ['an unknown filter', () => decode(2, [8, 'S', 1, 1, 1, [22, null, { a: 1 }]]), /filters: no such filter: a/],
    ['bytes too many', () => decodeStep(Buffer.concat([plainStep(2), Buffer.of(0)])), /1 bytes too many/],
  ])('%s', (_name, decodeIt, message) => {
    expect(decodeIt).toThrow(message);
    expect(decodeIt).toThrow(CodecError);
  });

  test('an integer no number holds', () => {
    const step = plainStep(2, [1, 1, 2, 2n ** 60n, 1, null]);
    expect(() => decodeStep(step)).toThrow(/integer too large/);
  });
});

describe('schema version 1', () => {
  test('is upgraded when it is read: nested changes, integers as floats', () => {
    const old = plainStep(
      1,
      [
        1,
        5_000_000_001,
        1,
        1_790_000_000_000_000,
        7,
        [
          [13, 1, 3],
          [15, 0n, 8_000_000_000n],
          [42, null, [1, 2, 'X', '', 0, 5]],
        ],
      ],
      [1, 6, 2, 1, 8, null],
    );
    expect(old.includes(0xcb)).toBe(true);
    const request = { kind: 1, commandId: 2, symbol: 'X', clientOrderId: '', restriction: 0, lots: 5 };
    const upgraded = updated(
      EntityType.SpotOrder,
      5_000_000_001,
      [13, 1, 3, 15, 0n, 8_000_000_000n, 42, null, request],
      1_790_000_000_000_000,
    );
    upgraded.sequence = 7;
    const gone = deleted(EntityType.SpotOrder, 6, 1);
    gone.sequence = 8;
    expect(decodeStep(old)).toEqual([upgraded, gone]);
  });

  test('damaged, it is a CodecError all the same', () => {
    expect(() => decodeStep(plainStep(1, 5))).toThrow(CodecError);
    expect(() => decodeStep(plainStep(1, [1, 1, 1, 1, 1, [[99, 1, 2]]]))).toThrow(/no field 99/);
    expect(() => decodeStep(Buffer.of(0x92, 1, 0xdd, 0xff, 0xff, 0xff, 0xff))).toThrow(CodecError);
    // 100 000 arrays, one in the other: deeper than any recursion gets.
    expect(() => decodeStep(Buffer.concat([Buffer.of(0x92, 1), Buffer.alloc(100_000, 0x91)]))).toThrow(CodecError);
  });
});

describe('fuzz: a CodecError or entries that can be encoded again', () => {
  const known = new Set(Object.getOwnPropertyNames(Object.prototype));
  const check = (bytes: Uint8Array): void => {
    let entries: ChangeLogEntry[];
    try {
      entries = decodeStep(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(CodecError);
      return;
    }
    expect(decodeStep(encodeStep(entries))).toEqual(entries);
    expect(new Set(Object.getOwnPropertyNames(Object.prototype))).toEqual(known);
    for (const entry of entries) expect(Object.getPrototypeOf(entry)).toBe(Object.prototype);
  };

  test('random bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), check), { numRuns: 2000 });
  });

  test('random bytes after a valid beginning', () => {
    const tail = fc.uint8Array({ maxLength: 100 });
    fc.assert(
      fc.property(fc.nat(2), fc.integer({ min: 1, max: 8 }), fc.nat(2), tail, (version, type, kind, bytes) => {
        check(Buffer.concat([Buffer.of(0x92, version, 0x96, type, 1, kind, 1, 1), bytes]));
      }),
      { numRuns: 2000 },
    );
  });

  test('valid steps with bytes changed, removed, doubled', () => {
    const edit = fc.record({ at: fc.nat(), byte: fc.nat(255), how: fc.nat(3) });
    fc.assert(
      fc.property(arbitraryStep, fc.array(edit, { minLength: 1, maxLength: 3 }), (entries, edits) => {
        let bytes = Buffer.from(encodeStep(entries));
        for (const { at, byte, how } of edits) bytes = mutate(bytes, at % bytes.length, byte, how);
        check(bytes);
      }),
      { numRuns: 2000 },
    );
  });
});

function mutate(bytes: Buffer<ArrayBuffer>, at: number, byte: number, how: number): Buffer<ArrayBuffer> {
  if (bytes.length < 2) return bytes;
  if (how === 0) return bytes.subarray(0, at + 1);
  if (how === 1) return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
  if (how === 2) return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at >> 1)]);
  bytes[at] = byte;
  return bytes;
}

function write(body: (w: MsgpackWriter) => void): Uint8Array {
  const w = new MsgpackWriter();
  w.begin();
  body(w);
  return w.finish();
}

function expectPlain(value: unknown): void {
  if (Array.isArray(value)) {
    for (const inner of value) expectPlain(inner);
  } else if (value instanceof Map) {
    for (const inner of [...value].flat()) expectPlain(inner);
  } else {
    expect(value === null || ['string', 'number', 'bigint', 'boolean'].includes(typeof value)).toBe(true);
  }
}

function bareOrder(): SpotOrder {
  const row: Record<string, unknown> = {};
  for (const { name, kind, fallback } of schemaOf(EntityType.SpotOrder)!.fields) {
    row[name] = fallback === undefined ? (kind === 2 ? '' : 0) : fallback;
  }
  return row as unknown as SpotOrder;
}

/** A step as another program writes it: msgpackr's defaults without its records. */
function plainStep(...values: unknown[]): Buffer {
  return new Packr({ useRecords: false }).pack(values);
}
