import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arbitraryStep } from '../../tests/arbitraryEntries.ts';
import { ChangeKind, type ChangeLogEntry, created, EntityType, updated } from '../domain/changeLogEntry.ts';
import { OrderField } from '../domain/spotOrder.ts';
import { CodecError } from './codecError.ts';
import { MsgpackReader } from './msgpackReader.ts';
import { MsgpackWriter } from './msgpackWriter.ts';
import { encodeStep } from './stepCodec.ts';
import { StepCursor } from './stepCursor.ts';

const cursor = new StepCursor();

/** Every entry as the cursor tells it; the bodies of those that `reads` says no to are passed over. */
function walk(step: Uint8Array, reads: (index: number) => boolean): object[] {
  const entries: object[] = [];
  cursor.begin(step);
  for (let i = 0; cursor.next(); i++) {
    const { entityType, id, hasTextId, kind, timestamp, sequence } = cursor;
    const entityId = hasTextId ? cursor.idText() : id;
    let body: object | undefined;
    if (!reads(i)) cursor.skip();
    else if (kind === ChangeKind.Created) body = cursor.row();
    else if (kind === ChangeKind.Updated) body = { changes: cursor.changedFields() };
    else cursor.skip();
    entries.push({ entityType, entityId, kind, timestamp, sequence, ...(body === undefined ? {} : { body }) });
  }
  return entries;
}

function told(entry: ChangeLogEntry, withBody: boolean): object {
  const { entityType, entityId, changeType, timestamp, sequence } = entry;
  const { kind } = changeType;
  const body =
    kind === ChangeKind.Created ? changeType.fields : kind === ChangeKind.Updated ? { changes: changeType.changedFields } : undefined;
  return { entityType, entityId, kind, timestamp, sequence, ...(withBody && body !== undefined ? { body } : {}) };
}

test('tells every entry, whichever bodies are read and whichever passed over', () => {
  fc.assert(
    fc.property(arbitraryStep, fc.nat(), (entries, mask) => {
      const reads = (i: number): boolean => ((mask >>> (i % 16)) & 1) === 1;
      expect(walk(encodeStep(entries), reads)).toEqual(entries.map((entry, i) => told(entry, reads(i))));
    }),
  );
});

test('changed fields one by one', () => {
  const outcome = { commandId: 1, kind: 1, code: 0, clientOrderId: 'a'.repeat(40) };
  const changes = [
    OrderField.outcome,
    outcome,
    null,
    OrderField.clientOrderId,
    'b'.repeat(300),
    'c',
    OrderField.cumQuoteUnits,
    1n,
    2n ** 60n,
  ];
  cursor.begin(encodeStep([updated(EntityType.SpotOrder, 7, changes, 1)]));
  cursor.next();
  const found: unknown[] = [];
  for (let left = cursor.changes(); left > 0; left -= 3) {
    const field = cursor.reader.int();
    cursor.reader.skip();
    found.push(field, cursor.value(field));
  }
  expect(found).toEqual([OrderField.outcome, null, OrderField.clientOrderId, 'c', OrderField.cumQuoteUnits, 2n ** 60n]);
  expect(cursor.next()).toBe(false);
});

test('a balance by its id', () => {
  fc.assert(
    fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), fc.stringMatching(/^[A-Z0-9-]{1,20}$/), (accountId, asset) => {
      const row = { accountId, asset, free: 1n, locked: 2n, updateUs: 3, cause: 0 as const, requestId: '' };
      cursor.begin(encodeStep([created(EntityType.Balance, `${accountId}-${asset}`, row, 1)]));
      cursor.next();
      cursor.balanceId();
      expect([cursor.accountId, cursor.asset]).toEqual([accountId, asset]);
      expect(cursor.row()).toEqual(row);
    }),
  );
  for (const id of ['', '-BTC', '12', 'x-BTC', '1 2-BTC']) {
    cursor.begin(encodeStep([updated(EntityType.Balance, id, [], 1)]));
    cursor.next();
    expect(() => cursor.balanceId()).toThrow(CodecError);
  }
});

test('an amount as the halves of what big() reads', () => {
  const reader = new MsgpackReader();
  const writer = new MsgpackWriter();
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), (value) => {
      writer.begin();
      writer.reserve(0);
      writer.big(value);
      reader.begin(writer.finish());
      reader.amount();
      reader.finish();
      expect((BigInt(reader.high >>> 0) << 32n) | BigInt(reader.low >>> 0)).toBe(value);
    }),
  );
  for (const value of [-1n, -(2n ** 40n)]) {
    writer.begin();
    writer.reserve(0);
    writer.big(value);
    reader.begin(writer.finish());
    expect(() => reader.amount()).toThrow('a negative amount');
  }
});

test('says which entry of what type cannot be read', () => {
  const step = Buffer.from(encodeStep([updated(EntityType.Balance, '1-BTC', [], 1), updated(EntityType.SpotOrder, 1, [0, 1, 1], 1)]));
  cursor.begin(step.subarray(0, step.length - 1));
  let failure: unknown;
  try {
    while (cursor.next()) cursor.skip();
  } catch (error) {
    failure = cursor.located(error);
  }
  expect(failure).toBeInstanceOf(CodecError);
  expect((failure as Error).message).toMatch(/^entry 1 \(SpotOrder\): message ends too early/);
});
