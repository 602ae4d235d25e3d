// Our klines against the venue's own, in every field. Skipped, visibly, where the recorded data is absent.
import { describe, expect, it } from 'vitest';
import type { ChangeLogEntry } from '../../src/domain/changeLogEntry.ts';
import { ChangeKind } from '../../src/domain/changeLogEntry.ts';
import { KLineBuilder } from '../../src/domain/kline/klineBuilder.ts';
import { rollUp } from '../../src/domain/kline/rollUp.ts';
import type { KLine, KlineInterval } from '../../src/domain/klineEntry.ts';
import { KLINE_INTERVALS, KLineField } from '../../src/domain/klineEntry.ts';
import { hasKlines, hasTrades, official5m, officialOhlcv, recordedTrades } from './binanceSample.ts';

/** What a reader of the kline log ends up with. */
function readLog(entries: readonly ChangeLogEntry[]): Map<string, KLine> {
  const names = Object.keys(KLineField);
  const rows = new Map<string, KLine>();
  for (const { entityId, changeType } of entries) {
    if (changeType.kind === ChangeKind.Created) rows.set(String(entityId), { ...(changeType.fields as KLine) });
    if (changeType.kind !== ChangeKind.Updated) continue;
    const row = rows.get(String(entityId)) as unknown as Record<string, unknown>;
    const changed = changeType.changedFields;
    for (let i = 0; i < changed.length; i += 3) row[names[changed[i] as number] as string] = changed[i + 2];
  }
  return rows;
}

describe.skipIf(!hasTrades || !hasKlines)('official klines (skipped without ../shared/data)', () => {
  it.each([1, 7, 1000])('are the fold of the recorded trades, %i at a time', (batch) => {
    const trades = recordedTrades();
    const builder = new KLineBuilder('BTCUSDT');
    const out: ChangeLogEntry[] = [];
    for (let i = 0; i < trades.length; i += batch) builder.trades(trades.slice(i, i + batch), 0, out);

    const klines = [...readLog(out).values()].filter((kline) => kline.interval === '5m' && kline.closed);
    // The first one began before the recording.
    const complete = klines.filter((kline) => kline.openUs > (trades[0]?.tradeUs ?? 0));
    expect(complete).toHaveLength(2);
    const official = official5m();
    for (const { firstTradeId, lastTradeId, closed, ...kline } of complete) {
      expect(kline).toEqual(official.find((row) => row.openUs === kline.openUs));
      expect(lastTradeId - firstTradeId + 1).toBe(kline.trades);
      expect(closed).toBe(true);
    }
  });

  it('agree with one another: shorter ones roll up to longer ones', () => {
    const trades = recordedTrades();
    const builder = new KLineBuilder('BTCUSDT');
    const out: ChangeLogEntry[] = [];
    for (let i = 0; i < trades.length; i += 50) builder.trades(trades.slice(i, i + 50), 0, out);
    const rows = [...readLog(out).values()];
    const of = (interval: KlineInterval): KLine[] => rows.filter((kline) => kline.interval === interval);
    for (const interval of KLINE_INTERVALS) expect(rollUp(of('1s'), interval)).toEqual(of(interval));
  });
});

describe.skipIf(!hasKlines)('official 5m klines (skipped without ../shared/data)', () => {
  const fiveMinutes = hasKlines ? official5m().map((kline, i): KLine => ({ ...kline, firstTradeId: i, lastTradeId: i, closed: true })) : [];
  const from = fiveMinutes[0]?.openUs ?? 0;
  const until = fiveMinutes.at(-1)?.closeUs ?? 0;

  it.each(['4h', '1d'] as const)('roll up to the official %s ones', (interval) => {
    const official = officialOhlcv(interval).filter((kline) => kline.openUs >= from && kline.closeUs <= until);
    const rolled = rollUp(fiveMinutes, interval);
    expect(official.length).toBe(interval === '1d' ? 31 : 186);
    expect(
      rolled.map(({ openUs, closeUs, openTicks, highTicks, lowTicks, closeTicks, volumeLots }) => ({
        openUs,
        closeUs,
        openTicks,
        highTicks,
        lowTicks,
        closeTicks,
        volumeLots,
      })),
    ).toEqual(official);
    expect(rolled.every((kline) => kline.closed)).toBe(true);
  });

  it('roll up in two steps as in one, in every time zone', () => {
    for (const [timeZone, base] of [
      [480, '8h'],
      [-300, '1h'],
      [345, '15m'],
    ] as const) {
      const direct = rollUp(fiveMinutes, '1d', timeZone);
      expect(rollUp(rollUp(fiveMinutes, base), '1d', timeZone)).toEqual(direct);
      expect(direct).toHaveLength(32);
    }
  });
});
