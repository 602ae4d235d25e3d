// Commands of every kind, in proportions that make them meet: few accounts, few prices, small quantities.
import fc from 'fast-check';
import {
  ContingencyType,
  ListLeg,
  OrderType,
  PegOffsetType,
  PegPriceType,
  Side,
  StpMode,
  TimeInForce,
} from '../../src/domain/orderTerms.ts';
import type { SpotOrder } from '../../src/domain/spotOrder.ts';

/** Names an earlier order by how far back it was placed; the runner turns it into an id. */
export type RandomCommand =
  | { readonly kind: 'place'; readonly terms: Terms }
  | { readonly kind: 'list'; readonly contingencyType: ContingencyType; readonly legs: readonly Terms[] }
  | { readonly kind: 'cancel'; readonly back: number }
  | { readonly kind: 'amend'; readonly back: number; readonly lots: number }
  /** The accounts' answer to every working order that is filled: fund its legs, or reject them. */
  | { readonly kind: 'settle'; readonly funds: boolean; readonly lots: number }
  | { readonly kind: 'wait'; readonly us: number }
  | { readonly kind: 'halt'; readonly halted: boolean };

export type Terms = Partial<Omit<SpotOrder, 'expireUs'>> & {
  readonly side: Side;
  /** Good-till-date: microseconds from now. */
  readonly livesUs?: number;
};

const side = fc.constantFrom<Side>(Side.BUY, Side.SELL);
const accountId = fc.integer({ min: 1, max: 4 });
const lots = fc.integer({ min: 1, max: 12 });
const price = fc.integer({ min: 95, max: 105 });
const stpMode = fc.oneof(
  { weight: 3, arbitrary: fc.constant<StpMode>(StpMode.NONE) },
  { weight: 2, arbitrary: fc.constantFrom<StpMode>(...Object.values(StpMode)) },
);
const rates = { makerRate: fc.constantFrom(0, 100_000), takerRate: fc.constantFrom(0, 150_000) };
const base = { side, accountId, stpMode, ...rates };
const often = <T>(usual: T, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });
const peg = {
  pegPriceType: often<PegPriceType>(PegPriceType.NONE, fc.constantFrom<PegPriceType>(PegPriceType.PRIMARY_PEG, PegPriceType.MARKET_PEG)),
  pegOffsetType: fc.constant<PegOffsetType>(PegOffsetType.PRICE_LEVEL),
  pegOffsetValue: fc.integer({ min: 0, max: 2 }),
};

const limit: fc.Arbitrary<Terms> = fc.record({
  ...base,
  ...peg,
  type: fc.constant<OrderType>(OrderType.LIMIT),
  timeInForce: often<TimeInForce>(TimeInForce.GTC, fc.constantFrom<TimeInForce>(TimeInForce.IOC, TimeInForce.FOK)),
  priceTicks: price,
  origLots: lots,
});
const iceberg = fc.record({
  ...base,
  type: fc.constantFrom<OrderType>(OrderType.LIMIT, OrderType.LIMIT_MAKER),
  priceTicks: price,
  origLots: fc.integer({ min: 4, max: 20 }),
  icebergLots: fc.integer({ min: 1, max: 4 }),
});
const dated: fc.Arbitrary<Terms> = fc.record({
  ...base,
  type: fc.constant<OrderType>(OrderType.LIMIT),
  timeInForce: fc.constant<TimeInForce>(TimeInForce.GTD),
  priceTicks: price,
  origLots: lots,
  livesUs: fc.integer({ min: 0, max: 40 }),
});
const maker = fc.record({
  ...base,
  ...peg,
  type: fc.constant<OrderType>(OrderType.LIMIT_MAKER),
  priceTicks: price,
  origLots: lots,
});
const market = fc.record({
  ...base,
  type: fc.constant<OrderType>(OrderType.MARKET),
  origLots: lots,
  reservedUnits: fc.constantFrom(10n ** 18n, 8_000n, 40_000n),
});
const byQuote = fc
  .record({ ...base, origQuoteUnits: fc.bigInt({ min: 500n, max: 20_000n }) })
  .map((terms) => ({ ...terms, type: OrderType.MARKET, origLots: 0, reservedUnits: terms.origQuoteUnits }));
const stop = fc.record({
  ...base,
  ...peg,
  type: fc.constantFrom<OrderType>(OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT, OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT),
  timeInForce: often<TimeInForce>(TimeInForce.GTC, fc.constantFrom<TimeInForce>(TimeInForce.IOC, TimeInForce.FOK)),
  priceTicks: price,
  stopPriceTicks: price,
  origLots: lots,
  reservedUnits: fc.constantFrom(10n ** 18n, 9_000n),
});
/** Above or below the usual prices, so that it is not triggered at once. */
const trailing = fc
  .tuple(stop, fc.integer({ min: 1, max: 400 }), fc.boolean(), fc.boolean())
  .map(([terms, trailingDelta, hasStop, dates]) => ({
    ...terms,
    trailingDelta,
    stopPriceTicks: hasStop ? terms.stopPriceTicks : 0,
    ...(dates ? { livesUs: 30 } : {}),
  }));

/** BUY: limit below, stop loss above; SELL the other way round. */
const pair: fc.Arbitrary<Terms[]> = fc
  .record({
    side,
    lots,
    near: fc.integer({ min: 1, max: 4 }),
    far: fc.integer({ min: 1, max: 4 }),
    limitType: fc.constantFrom<OrderType>(OrderType.LIMIT_MAKER, OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT),
    stopType: fc.constantFrom<OrderType>(OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT),
    stpMode,
    accountId,
    trails: fc.boolean(),
  })
  .map((p) => {
    const up = 100 + p.near;
    const down = 100 - p.far;
    const sells = p.side === Side.SELL;
    const common = { side: p.side, accountId: p.accountId, stpMode: p.stpMode, origLots: p.lots, reservedUnits: 10n ** 6n };
    const takesProfit: Terms = {
      ...common,
      type: p.limitType,
      priceTicks: sells ? up : down,
      stopPriceTicks: p.limitType === OrderType.LIMIT_MAKER ? 0 : sells ? up : down,
    };
    const stops: Terms = {
      ...common,
      type: p.stopType,
      priceTicks: sells ? down - 1 : up + 1,
      stopPriceTicks: p.trails ? 0 : sells ? down : up,
      trailingDelta: p.trails ? 120 : 0,
      reservedUnits: 0n,
    };
    return sells ? [takesProfit, stops] : [stops, takesProfit];
  });
const working = fc.oneof(limit, maker, iceberg);
const list: fc.Arbitrary<RandomCommand> = fc.oneof(
  pair.map((legs) => ({ kind: 'list' as const, contingencyType: ContingencyType.OCO, legs: withLegs(legs, 0) })),
  fc.tuple(working, fc.oneof(limit, market, stop, trailing), fc.boolean()).map(([first, second, opo]) => ({
    kind: 'list' as const,
    contingencyType: opo ? ContingencyType.OPO : ContingencyType.OTO,
    legs: withLegs([first, opo ? { ...second, origLots: 0 } : second], 1),
  })),
  fc.tuple(working, pair, fc.boolean()).map(([first, legs, opo]) => ({
    kind: 'list' as const,
    contingencyType: opo ? ContingencyType.OPOCO : ContingencyType.OTOCO,
    legs: withLegs([first, ...legs.map((leg) => (opo ? { ...leg, origLots: 0 } : leg))], 1),
  })),
);

/** One account for all legs, which know their part. */
function withLegs(legs: readonly Terms[], pendingFrom: number): Terms[] {
  const { accountId: account, stpMode: mode } = legs[0]!;
  const paired = legs.length - pendingFrom === 2;
  return legs.map((leg, i) => ({
    ...leg,
    accountId: account!,
    stpMode: mode!,
    listLeg: i < pendingFrom ? ListLeg.WORKING : !paired ? ListLeg.PENDING : i === pendingFrom ? ListLeg.ABOVE : ListLeg.BELOW,
  }));
}

const place = fc
  .oneof(
    { weight: 8, arbitrary: limit },
    { weight: 2, arbitrary: iceberg },
    { weight: 2, arbitrary: dated },
    { weight: 2, arbitrary: maker },
    { weight: 3, arbitrary: market },
    { weight: 1, arbitrary: byQuote },
    { weight: 4, arbitrary: stop },
    { weight: 4, arbitrary: trailing },
  )
  .map((terms): RandomCommand => ({ kind: 'place', terms }));

export const randomCommand: fc.Arbitrary<RandomCommand> = fc.oneof(
  { weight: 20, arbitrary: place },
  { weight: 5, arbitrary: list },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('cancel' as const), back: fc.nat(20) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('amend' as const), back: fc.nat(20), lots }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      funds: often(true, fc.constant(false)),
      lots,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), us: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('halt' as const), halted: often(false, fc.constant(true)) }) },
);
