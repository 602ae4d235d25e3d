import { expect, test } from 'vitest';
import { order, TestMarket } from '../../../tests/market/fixture.ts';
import { Side } from '../orderTerms.ts';
test('smoke', () => {
  const m = new TestMarket();
  console.log(m.place(order({ orderId: 1, side: Side.SELL, priceTicks: 100, origLots: 10 })));
  console.log(m.place(order({ orderId: 2, side: Side.BUY, priceTicks: 101, origLots: 15 })));
  expect(m.fold().hash()).toBe(m.market.hash());
});
