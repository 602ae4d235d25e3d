import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Side } from '../../domain/orderTerms.ts';
import type { Level } from '../../ports/marketData.ts';
import { LevelBook } from './levelBook.ts';

const SIDES = [Side.BUY, Side.SELL] as const;

/** Best first, by sorting everything. */
function naiveTop(levels: ReadonlyMap<number, number>, side: Side): Level[] {
  return [...levels].sort(([a], [b]) => (side === Side.BUY ? b - a : a - b));
}

describe('LevelBook', () => {
  it('answers zeros when empty', () => {
    const book = new LevelBook();
    expect(book.bestTicks(Side.BUY)).toBe(0);
    expect(book.bestLots(Side.SELL)).toBe(0);
    expect(book.top(Side.BUY, 10)).toEqual([]);
  });

  it('sums orders of a price and orders prices best first', () => {
    const book = new LevelBook();
    book.add(Side.BUY, 100, 5);
    book.add(Side.BUY, 101, 1);
    book.add(Side.BUY, 100, 2);
    book.add(Side.SELL, 110, 3);
    book.add(Side.SELL, 105, 4);
    expect(book.top(Side.BUY, 5)).toEqual([
      [101, 1],
      [100, 7],
    ]);
    expect(book.top(Side.SELL, 1)).toEqual([[105, 4]]);
    book.add(Side.BUY, 101, -1);
    expect([book.bestTicks(Side.BUY), book.bestLots(Side.BUY)]).toEqual([100, 7]);
  });

  it('refuses to show less than nothing', () => {
    const book = new LevelBook();
    book.add(Side.BUY, 100, 5);
    expect(() => book.add(Side.BUY, 100, -6)).toThrow(/-1 lots at 100/);
  });

  it('records a level that came and went, or came back, at most once', () => {
    const book = new LevelBook();
    book.add(Side.SELL, 10, 1);
    book.add(Side.SELL, 11, 1);
    book.startRecording();
    book.add(Side.SELL, 10, -1);
    book.add(Side.SELL, 10, 3);
    book.add(Side.SELL, 12, 1);
    book.add(Side.SELL, 12, -1);
    book.add(Side.SELL, 11, -1);
    expect(book.takeRecording()).toEqual({
      bids: [],
      asks: [
        [10, 3],
        [11, 0],
      ],
    });
    expect(book.lotsAt(Side.SELL, 11)).toBe(0);
    expect(book.top(Side.SELL, 9)).toEqual([[10, 3]]);
    book.startRecording();
    expect(book.takeRecording()).toEqual({ bids: [], asks: [] });
  });

  it('equals a sorted map over any changes, and its recordings lead from state to state', () => {
    const change = fc.record({
      side: fc.constantFrom(...SIDES),
      ticks: fc.integer({ min: 1, max: 3000 }),
      lots: fc.integer({ min: 0, max: 4 }),
      record: fc.nat(9).map((n) => n === 0),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3000, size: 'max' }), (changes) => {
        const book = new LevelBook();
        const naive = { [Side.BUY]: new Map<number, number>(), [Side.SELL]: new Map<number, number>() };
        const follower = { [Side.BUY]: new Map<number, number>(), [Side.SELL]: new Map<number, number>() };
        const follow = (): void => {
          const { bids, asks } = book.takeRecording();
          for (const [side, levels] of [
            [Side.BUY, bids],
            [Side.SELL, asks],
          ] as const) {
            for (const [ticks, lots] of levels) {
              if (lots === 0) expect(follower[side].delete(ticks)).toBe(true);
              else follower[side].set(ticks, lots);
            }
          }
          book.startRecording();
        };
        book.startRecording();
        for (const { side, ticks, lots, record } of changes) {
          book.set(side, ticks, lots);
          if (lots === 0) naive[side].delete(ticks);
          else naive[side].set(ticks, lots);
          if (!record) continue;
          follow();
          const best = naiveTop(naive[side], side)[0] ?? [0, 0];
          expect([book.bestTicks(side), book.bestLots(side)]).toEqual(best);
        }
        follow();
        for (const side of SIDES) {
          expect(book.top(side, Number.POSITIVE_INFINITY)).toEqual(naiveTop(naive[side], side));
          expect(follower[side]).toEqual(naive[side]);
        }
      }),
      { numRuns: 12 },
    );
  });

  it('keeps order over tens of thousands of levels', () => {
    const book = new LevelBook();
    const naive = new Map<number, number>();
    // A full-period generator: every price comes, in scattered order; then every third goes.
    for (let i = 0, ticks = 1; i < 50_000; i++, ticks = (ticks * 13 + 7) % 65_536) {
      book.set(Side.BUY, ticks + 1, 1 + i);
      naive.set(ticks + 1, 1 + i);
    }
    for (const ticks of [...naive.keys()]) {
      if (ticks % 3 !== 0) continue;
      book.set(Side.BUY, ticks, 0);
      naive.delete(ticks);
    }
    expect(book.levels(Side.BUY)).toBe(naive.size);
    expect(book.top(Side.BUY, naive.size + 1)).toEqual(naiveTop(naive, Side.BUY));
  });
});
