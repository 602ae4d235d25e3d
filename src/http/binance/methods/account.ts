// The account: balances, commission, order counts, filters.
import { formatRate, formatUnits } from '../../units.ts';
import { BinanceError } from '../binanceError.ts';
import { bool, symbolText } from '../params/paramKinds.ts';
import { mandatory, optional } from '../params/paramSpec.ts';
import { symbolFilters } from '../reports/filters.ts';
import { assetFilters, exchangeFilters } from './accountFilters.ts';
import { defineMethod } from './binanceMethod.ts';
import { instrumentOf } from './instruments.ts';
import { NO_DISCOUNT } from './placeOrder.ts';

/** Rates are in 1e-8; the old fields count basis points. */
const RATE_PER_BASIS_POINT = 10_000;
const NO_RATE = '0.00000000';

const accountStatus = defineMethod({
  name: 'account.status',
  rest: ['GET /api/v3/account'],
  security: 'USER_DATA',
  weight: 20,
  params: { omitZeroBalances: optional(bool, false) },
  async handle(ctx, { omitZeroBalances }) {
    const view = await ctx.exchange.account(ctx.accountId);
    if (view === undefined) throw new BinanceError(-2015, 'Invalid API-key, IP, or permissions for action.', 401);
    const { profile } = view;
    const { registry } = ctx.exchange;
    const held = new Map(view.balances.map((balance) => [balance.asset, balance]));
    const assets = omitZeroBalances
      ? view.balances.filter(({ free, locked }) => free + locked > 0n).map(({ asset }) => asset)
      : [...new Set([...registry.assets(), ...held.keys()])];
    const updateUs = Math.max(profile.updateUs, ...view.balances.map((balance) => balance.updateUs));
    return {
      makerCommission: Math.floor(profile.rates.makerRate / RATE_PER_BASIS_POINT),
      takerCommission: Math.floor(profile.rates.takerRate / RATE_PER_BASIS_POINT),
      buyerCommission: 0,
      sellerCommission: 0,
      commissionRates: {
        maker: formatRate(profile.rates.makerRate),
        taker: formatRate(profile.rates.takerRate),
        buyer: NO_RATE,
        seller: NO_RATE,
      },
      canTrade: profile.canTrade && !profile.frozen,
      canWithdraw: profile.canWithdraw,
      canDeposit: profile.canDeposit,
      brokered: false,
      requireSelfTradePrevention: false,
      preventSor: false,
      updateTime: ctx.time(updateUs),
      accountType: 'SPOT',
      balances: assets.map((asset) => {
        const scale = registry.assetScale(asset) ?? 0;
        const balance = held.get(asset);
        return {
          asset,
          free: formatUnits(balance?.free ?? 0n, scale),
          locked: formatUnits(balance?.locked ?? 0n, scale),
        };
      }),
      permissions: ['SPOT'],
      ...(profile.tradeGroupId > -1 ? { tradeGroupId: profile.tradeGroupId } : {}),
      uid: profile.accountId,
    };
  },
});

const NO_SIDED_RATES = { maker: NO_RATE, taker: NO_RATE, buyer: NO_RATE, seller: NO_RATE };

const commission = defineMethod({
  name: 'account.commission',
  rest: ['GET /api/v3/account/commission'],
  security: 'USER_DATA',
  weight: 20,
  params: { symbol: mandatory(symbolText) },
  handle(ctx, { symbol }) {
    instrumentOf(ctx, symbol);
    const { makerRate, takerRate } = ctx.exchange.registry.feeRates(ctx.accountId, symbol);
    return {
      symbol,
      standardCommission: { ...NO_SIDED_RATES, maker: formatRate(makerRate), taker: formatRate(takerRate) },
      specialCommission: NO_SIDED_RATES,
      taxCommission: NO_SIDED_RATES,
      discount: NO_DISCOUNT,
    };
  },
});

const orderCount = defineMethod({
  name: 'account.rateLimits.orders',
  rest: ['GET /api/v3/rateLimit/order'],
  security: 'USER_DATA',
  weight: 40,
  params: {},
  handle: (ctx) => ctx.limits.orderRows(ctx.accountId, ctx.nowUs),
});

const myFilters = defineMethod({
  name: 'myFilters',
  rest: ['GET /api/v3/myFilters'],
  security: 'USER_DATA',
  weight: 40,
  params: { symbol: mandatory(symbolText) },
  handle(ctx, { symbol }) {
    const instrument = instrumentOf(ctx, symbol);
    return {
      exchangeFilters: exchangeFilters(ctx.settings),
      symbolFilters: symbolFilters(instrument),
      assetFilters: assetFilters(ctx.settings, instrument),
    };
  },
});

export const ACCOUNT_METHODS = [accountStatus, commission, orderCount, myFilters];
