import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arbitraryStep } from '../../tests/arbitraryEntries.ts';
import { goldenSteps } from '../../tests/golden/goldenSteps.ts';
import { ApiKeyField } from '../domain/accountProfile.ts';
import { AdminTokenField } from '../domain/adminAccess.ts';
import { ChangeKind, type ChangeLogEntry, EntityType } from '../domain/changeLogEntry.ts';
import { entryToJson, stepToJsonLines } from './entryJson.ts';
import { encodeStep } from './stepCodec.ts';

test('an order in words', () => {
  const [created, filled, refused, full, gone] = goldenSteps.SpotOrder!.map(entryToJson);
  expect(created).toMatchObject({
    sequence: 4_000_000_000,
    time: '2026-09-21T14:13:20.000000Z',
    timestamp: 1_790_000_000_000_000,
    entity: 'SpotOrder',
    id: 5_000_000_010,
    change: 'Created',
    fields: {
      symbol: 'BTCUSDT',
      side: 'BUY',
      type: 'LIMIT',
      timeInForce: 'GTC',
      status: 'Pending',
      stpMode: 'EXPIRE_BOTH',
      reservedUnits: '80242648140',
      workingUs: '2026-09-21T14:13:20.000000Z',
      trailingUs: 0,
      request: null,
    },
  });
  expect(filled).toMatchObject({
    time: '2026-09-21T14:13:20.000005Z',
    change: 'Updated',
    changed: {
      status: { old: 'Pending', new: 'PartiallyFilled' },
      cumQuoteUnits: { old: '0', new: '292500540' },
      clientOrderId: { old: 'web_8c1f3a', new: 'amended' },
    },
  });
  expect(refused).toMatchObject({
    changed: { outcome: { old: null, new: { kind: 'CANCEL', code: 'UNKNOWN_ORDER' } } },
  });
  expect(full).toMatchObject({
    fields: {
      rejectCode: 'WOULD_MATCH',
      request: { kind: 'CANCEL', restriction: 'ONLY_NEW' },
      preventedMatch: { stpMode: 'EXPIRE_TAKER' },
    },
  });
  expect(gone).toEqual({
    sequence: 6_000_000_000,
    time: '2026-09-21T14:13:20.000006Z',
    timestamp: 1_790_000_000_000_006,
    entity: 'SpotOrder',
    id: 5_000_000_010,
    change: 'Deleted',
  });
});

test('an instrument in words', () => {
  expect(entryToJson(goldenSteps.Symbol![0]!)).toMatchObject({
    fields: {
      status: 'TRADING',
      orderTypes: ['MARKET', 'LIMIT', 'LIMIT_MAKER', 'STOP_LOSS', 'STOP_LOSS_LIMIT', 'TAKE_PROFIT', 'TAKE_PROFIT_LIMIT'],
      filters: { minNotionalUnits: '500000000', icebergParts: 100 },
    },
  });
});

test("nobody's secret is printed, neither as a row nor as a change", () => {
  const secrets = new Map<number, readonly [string, number]>([
    [EntityType.ApiKey, ['secret', ApiKeyField.secret]],
    [EntityType.AdminToken, ['hash', AdminTokenField.hash]],
  ]);
  const rows = Object.values(goldenSteps)
    .flat()
    .filter(({ entityType, changeType }) => secrets.has(entityType) && changeType.kind === ChangeKind.Created);
  expect(new Set(rows.map(({ entityType }) => entityType)).size).toBe(2);
  for (const row of rows) {
    if (row.changeType.kind !== ChangeKind.Created) continue;
    const [name, field] = secrets.get(row.entityType)!;
    const created = { ...row, changeType: { ...row.changeType, fields: { ...row.changeType.fields, [name]: 'sealed:of nobody else' } } };
    const changed = { ...row, changeType: { kind: ChangeKind.Updated, changedFields: [field, 'sealed:before', 'sealed:now'] } };
    const printed = stepToJsonLines(encodeStep([created, changed] as readonly ChangeLogEntry[]));
    expect(printed).not.toContain('sealed:');
    expect(printed.match(/\[hidden\]/g)).toHaveLength(3);
  }
});

test('any step prints as one line of JSON for each entry', () => {
  fc.assert(
    fc.property(arbitraryStep, (entries) => {
      const lines = stepToJsonLines(encodeStep(entries)).split('\n');
      expect(lines.pop()).toBe('');
      expect(lines.map((line) => (JSON.parse(line) as { sequence: number }).sequence)).toEqual(entries.map((entry) => entry.sequence));
    }),
  );
});
