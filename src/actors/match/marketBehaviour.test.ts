// What Match tells a market of the work that is to come.
import { expect, test } from 'vitest';
import { instrument, order, request } from '../../../tests/market/fixture.ts';
import { Market } from '../../domain/market/market.ts';
import { RequestKind, Side } from '../../domain/orderTerms.ts';
import type { Registry } from '../../ports/exchangePort.ts';
import { MarketBehaviour } from './marketBehaviour.ts';

class ListeningMarket extends Market {
  readonly heard: unknown[] = [];

  override prefetchRequest(...heard: Parameters<Market['prefetchRequest']>): void {
    this.heard.push(heard);
  }

  override prefetchPlace(...heard: Parameters<Market['prefetchPlace']>): void {
    this.heard.push(heard);
  }

  override fetch(): void {
    this.heard.push('fetch');
  }
}

test('the orders that requests are about and the prices of new orders are announced, everything else is not', () => {
  const registry = { instrument: () => instrument } as unknown as Registry;
  const behaviour = new MarketBehaviour({
    partition: 0,
    accountPartitions: 1,
    marketPartitions: 1,
    registry,
    onPoison: () => undefined,
    newMarket: (of) => new ListeningMarket(of),
  });
  const market = behaviour.create(instrument.symbol) as ListeningMarket;
  const orders = [
    order({ orderId: 7, side: Side.BUY, priceTicks: 100, origLots: 1 }),
    order({ orderId: 8, side: Side.SELL, priceTicks: 101, origLots: 1 }),
  ];
  behaviour.announce(market, { kind: 'request', orderId: 5, request: request(RequestKind.CANCEL) });
  behaviour.announce(market, { kind: 'place', orders, list: null });
  behaviour.announce(market, { kind: 'tick' });
  behaviour.fetch(market);
  expect(behaviour.lookAhead).toBeGreaterThan(1);
  expect(market.heard).toEqual([[5], [7, Side.BUY, 100], [8, Side.SELL, 101], 'fetch']);
});
