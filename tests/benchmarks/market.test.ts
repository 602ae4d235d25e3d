// The market's benchmark runs, small: it checks the book it leaves behind.
import { expect, test } from 'vitest';
import { benchmarkBook, benchmarkMarket, benchmarkTrades } from '../../benchmarks/micro/market.ts';

test('book and market end as full as they began', () => {
  for (const row of [benchmarkBook(500, 1), benchmarkMarket(500, 1), benchmarkTrades(1)]) {
    expect(row.perSecond).toBeGreaterThan(0);
  }
});
