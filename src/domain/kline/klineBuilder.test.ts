import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChangeLogEntry, Updated } from '../changeLogEntry.ts';
import { ChangeKind, EntityType } from '../changeLogEntry.ts';
import type { KLine } from '../klineEntry.ts';
import { KLINE_INTERVALS, KLineField } from '../klineEntry.ts';
import type { SpotTrade } from '../spotTrade.ts';
import { KLineBuilder } from './klineBuilder.ts';
import { klineCloseUs, klineOpenUs } from './klineInterval.ts';

const SECOND = 1_000_000;
const T0 = Date.parse('2024-08-08T10:00:00Z') * 1000;

function trade(tradeId: number, tradeUs: number, overrides: Partial<SpotTrade> = {}): SpotTrade {
  const priceTicks = overrides.priceTicks ?? 100;
  const lots = overrides.lots ?? 10;
  return {
    tradeId,
    symbol: 'BTCUSDT',
    priceTicks,
    lots,
    quoteUnits: BigInt(priceTicks * lots),
    buyerIsMaker: false,
    buyerOrderId: 1,
    sellerOrderId: 2,
    buyerAccountId: 1000,
    sellerAccountId: 1001,
    buyerFeeUnits: 0n,
    sellerFeeUnits: 0n,
    tradeUs,
    ...overrides,
  };
}

function run(builder: KLineBuilder, trades: readonly SpotTrade[], nowUs = T0): ChangeLogEntry[] {
  const out: ChangeLogEntry[] = [];
  builder.trades(trades, nowUs, out);
  return out;
}

function tick(builder: KLineBuilder, nowUs: number): ChangeLogEntry[] {
  const out: ChangeLogEntry[] = [];
  builder.tick(nowUs, out);
  return out;
}

const of = (entries: readonly ChangeLogEntry[], interval: string): ChangeLogEntry[] =>
  entries.filter((entry) => String(entry.entityId).startsWith(`BTCUSDT-${interval}-`));

describe('KLineBuilder', () => {
  it('creates a kline of every interval with the first trade', () => {
    const builder = new KLineBuilder('BTCUSDT');
    const out = run(builder, [trade(1, T0 + 5)]);
    expect(out.map((entry) => entry.entityId)).toEqual(
      KLINE_INTERVALS.map((interval) => `BTCUSDT-${interval}-${klineOpenUs(interval, T0)}`),
    );
    for (const entry of out) expect(entry.changeType.kind).toBe(ChangeKind.Created);
    expect(builder.current('5m')).toEqual({
      symbol: 'BTCUSDT',
      interval: '5m',
      openUs: T0,
      closeUs: T0 + 300 * SECOND - 1,
      openTicks: 100,
      highTicks: 100,
      lowTicks: 100,
      closeTicks: 100,
      volumeLots: 10,
      quoteUnits: 1000n,
      trades: 1,
      takerBuyLots: 10,
      takerBuyQuoteUnits: 1000n,
      firstTradeId: 1,
      lastTradeId: 1,
      closed: false,
    });
  });

  it('says many trades of a kline in one entry, with what changed', () => {
    const builder = new KLineBuilder('BTCUSDT');
    run(builder, [trade(1, T0)]);
    const out = run(builder, [
      trade(2, T0 + 1, { priceTicks: 120, lots: 1 }),
      trade(3, T0 + 2, { priceTicks: 100, lots: 2, buyerIsMaker: true }),
    ]);
    expect(out).toHaveLength(KLINE_INTERVALS.length);
    expect(of(out, '1m')).toEqual([
      {
        entityType: EntityType.KLine,
        entityId: `BTCUSDT-1m-${T0}`,
        changeType: {
          kind: ChangeKind.Updated,
          changedFields: [
            ...[KLineField.highTicks, 100, 120],
            ...[KLineField.volumeLots, 10, 13],
            ...[KLineField.quoteUnits, 1000n, 1320n],
            ...[KLineField.trades, 1, 3],
            ...[KLineField.takerBuyLots, 10, 11],
            ...[KLineField.takerBuyQuoteUnits, 1000n, 1120n],
            ...[KLineField.lastTradeId, 1, 3],
          ],
        },
        timestamp: T0,
        sequence: 0,
      },
    ]);
  });

  it('closes a kline with the first trade of a later one, whole klines within a call included', () => {
    const builder = new KLineBuilder('BTCUSDT');
    run(builder, [trade(1, T0)]);
    const out = of(run(builder, [trade(2, T0 + 100), trade(3, T0 + SECOND), trade(4, T0 + 5 * SECOND)]), '1s');
    expect(out.map((entry) => [entry.entityId, entry.changeType.kind])).toEqual([
      [`BTCUSDT-1s-${T0}`, ChangeKind.Updated],
      [`BTCUSDT-1s-${T0 + SECOND}`, ChangeKind.Created],
      [`BTCUSDT-1s-${T0 + 5 * SECOND}`, ChangeKind.Created],
    ]);
    const created = out.map((entry) => (entry.changeType as { fields?: KLine }).fields?.closed);
    expect(created).toEqual([undefined, true, false]);
    expect((out[0]!.changeType as Updated).changedFields.slice(-3)).toEqual([KLineField.closed, false, true]);
  });

  it('closes with time, once', () => {
    const builder = new KLineBuilder('BTCUSDT');
    run(builder, [trade(1, T0)]);
    expect(tick(builder, T0 + SECOND - 1)).toEqual([]);
    const out = tick(builder, T0 + 60 * SECOND);
    expect(out.map((entry) => entry.entityId)).toEqual([`BTCUSDT-1s-${T0}`, `BTCUSDT-1m-${T0}`]);
    expect(out[0]?.changeType).toEqual({ kind: ChangeKind.Updated, changedFields: [KLineField.closed, false, true] });
    expect(tick(builder, T0 + 60 * SECOND)).toEqual([]);
  });

  it('counts a late trade in the kline it belongs to even when a tick closed it', () => {
    const builder = new KLineBuilder('BTCUSDT');
    run(builder, [trade(1, T0)]);
    tick(builder, T0 + 2 * SECOND);
    run(builder, [trade(2, T0 + 7)]);
    expect(builder.current('1s')).toMatchObject({ openUs: T0, trades: 2, closed: true });
  });

  it('loses no volume when the clock of the market goes back', () => {
    const builder = new KLineBuilder('BTCUSDT');
    run(builder, [trade(1, T0), trade(2, T0 - 1)]);
    run(builder, [trade(3, T0 - 90 * SECOND)]);
    for (const interval of KLINE_INTERVALS) {
      expect(builder.current(interval)).toMatchObject({ openUs: klineOpenUs(interval, T0), trades: 3 });
    }
  });

  it('ignores trades it has folded', () => {
    const builder = new KLineBuilder('BTCUSDT');
    run(builder, [trade(1, T0), trade(2, T0)]);
    const before = builder.hash();
    expect(run(builder, [trade(1, T0), trade(2, T0)])).toEqual([]);
    expect(run(builder, [])).toEqual([]);
    expect(builder.hash()).toBe(before);
    expect(builder.lastTradeId).toBe(2);
  });

  it('hands out copies', () => {
    const builder = new KLineBuilder('BTCUSDT');
    const [first] = run(builder, [trade(1, T0)]);
    const copy = builder.current('1s') as KLine;
    copy.trades = 99;
    builder.snapshot().klines[0]!.trades = 99;
    run(builder, [trade(2, T0)]);
    expect(builder.current('1s')?.trades).toBe(2);
    expect((first!.changeType as { fields: KLine }).fields.trades).toBe(1);
  });

  it('refuses the trade of another symbol', () => {
    expect(() => run(new KLineBuilder('ETHUSDT'), [trade(1, T0)])).toThrow('a trade of BTCUSDT');
  });

  it('is the fold of the trades, of its own log and of its snapshot alike', () => {
    const step = fc.record({
      aheadUs: fc.oneof(
        fc.integer({ min: 0, max: SECOND }),
        fc.integer({ min: -SECOND, max: 100 * SECOND }),
        fc.integer({ min: 0, max: 40 * 86_400 * SECOND }),
      ),
      priceTicks: fc.integer({ min: 1, max: 1000 }),
      lots: fc.integer({ min: 1, max: 1000 }),
      buyerIsMaker: fc.boolean(),
      endsCall: fc.boolean(),
      ticks: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat({ max: 60 }), (steps, restartAt) => {
        let live = new KLineBuilder('BTCUSDT');
        const folded = new KLineBuilder('BTCUSDT');
        const naive = new Map<string, { volume: number; quote: bigint; high: number; low: number; last: number }>();
        const newest = new Map<string, number>();
        const out: ChangeLogEntry[] = [];
        let pending: SpotTrade[] = [];
        let us = T0;
        for (const [index, { aheadUs, priceTicks, lots, buyerIsMaker, endsCall, ticks }] of steps.entries()) {
          us += aheadUs;
          pending.push(trade(index + 1, us, { priceTicks, lots, buyerIsMaker, quoteUnits: BigInt(priceTicks * lots) }));
          for (const interval of KLINE_INTERVALS) {
            // A kline never goes back: earlier trades count in the newest one.
            const openUs = Math.max(klineOpenUs(interval, us), newest.get(interval) ?? 0);
            newest.set(interval, openUs);
            const id = `BTCUSDT-${interval}-${openUs}`;
            const row = naive.get(id) ?? { volume: 0, quote: 0n, high: 0, low: Number.POSITIVE_INFINITY, last: 0 };
            row.volume += lots;
            row.quote += BigInt(priceTicks * lots);
            row.high = Math.max(row.high, priceTicks);
            row.low = Math.min(row.low, priceTicks);
            row.last = priceTicks;
            naive.set(id, row);
          }
          if (endsCall) {
            live.trades(pending, us, out);
            pending = [];
          }
          if (ticks) live.tick(us + SECOND, out);
          if (index === restartAt) live = KLineBuilder.restore('BTCUSDT', structuredClone(live.snapshot()));
        }
        live.trades(pending, us, out);

        const rows = new Map<string, KLine>();
        for (const entry of structuredClone(out)) {
          folded.apply(entry);
          const change = entry.changeType;
          if (change.kind === ChangeKind.Created) {
            expect(rows.has(String(entry.entityId))).toBe(false);
            rows.set(String(entry.entityId), { ...(change.fields as KLine) });
          } else if (change.kind === ChangeKind.Updated) {
            const row = rows.get(String(entry.entityId)) as unknown as Record<string, unknown>;
            const names = Object.keys(KLineField);
            for (let i = 0; i < change.changedFields.length; i += 3) {
              const name = names[change.changedFields[i] as number] as string;
              expect(row[name]).toBe(change.changedFields[i + 1]);
              row[name] = change.changedFields[i + 2];
            }
          }
        }
        expect(folded.hash()).toBe(live.hash());
        expect(folded.lastTradeId).toBe(steps.length);
        expect(KLineBuilder.restore('BTCUSDT', live.snapshot()).hash()).toBe(live.hash());
        expect(rows.size).toBe(naive.size);
        for (const [id, row] of rows) {
          const want = naive.get(id);
          expect([row.volumeLots, row.quoteUnits, row.highTicks, row.lowTicks, row.closeTicks]).toEqual([
            want?.volume,
            want?.quote,
            want?.high,
            want?.low,
            want?.last,
          ]);
          expect(row.closeUs).toBe(klineCloseUs(row.interval, row.openUs));
          // All but the newest are closed.
          if (row.openUs !== newest.get(row.interval)) expect(row.closed).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });
});
