// Connectivity, the clock, the rules of the exchange.
import { badCombination, invalid } from '../params/paramErrors.ts';
import { bool, type ParamKind } from '../params/paramKinds.ts';
import { optional } from '../params/paramSpec.ts';
import type { RawParams } from '../params/rawParams.ts';
import { symbolRow } from '../reports/symbolRow.ts';
import { exchangeFilters } from './accountFilters.ts';
import { defineMethod } from './binanceMethod.ts';
import { forEachChosen, SYMBOL_CHOICE, symbolStatusKind } from './instruments.ts';

const ping = defineMethod({
  name: 'ping',
  rest: ['GET /api/v3/ping'],
  weight: 1,
  params: {},
  handle: () => ({}),
});

const time = defineMethod({
  name: 'time',
  rest: ['GET /api/v3/time'],
  weight: 1,
  params: {},
  handle: (ctx) => ({ serverTime: ctx.time(ctx.nowUs) }),
});

const PERMISSION = /^(?:SPOT|MARGIN|LEVERAGED|TRD_GRP_\d{3})$/;

/** One permission, or a JSON array of them. */
const permissionList: ParamKind<readonly string[]> = {
  type: 'ENUM',
  parse(name, text) {
    const permissions = text.startsWith('["') && text.endsWith('"]') ? text.slice(2, -2).split('","') : [text];
    if (!permissions.every((permission) => PERMISSION.test(permission))) throw invalid(name);
    return permissions;
  },
};

const exchangeInfo = defineMethod({
  name: 'exchangeInfo',
  rest: ['GET /api/v3/exchangeInfo'],
  weight: 20,
  params: {
    ...SYMBOL_CHOICE,
    permissions: optional(permissionList),
    showPermissionSets: optional(bool, true),
    symbolStatus: optional(symbolStatusKind),
  },
  handle(ctx, { symbol, symbols, permissions, showPermissionSets, symbolStatus }) {
    const named = symbol !== undefined || symbols !== undefined;
    if (named && (permissions !== undefined || symbolStatus !== undefined)) throw badCombination();
    // Every symbol has the permission SPOT and no other.
    const shown = permissions === undefined || permissions.includes('SPOT');
    const rows = shown
      ? forEachChosen(ctx, { symbol, symbols, symbolStatus }, (instrument) => symbolRow(instrument, showPermissionSets))
      : [];
    return {
      timezone: 'UTC',
      serverTime: ctx.time(ctx.nowUs),
      rateLimits: ctx.limits.table(ctx.transport),
      exchangeFilters: exchangeFilters(ctx.settings),
      symbols: Array.isArray(rows) ? rows : [rows],
    };
  },
});

const RULES_WEIGHT = 2;
const RULES_WEIGHT_MAX = 40;

function rulesWeight(params: RawParams): number {
  if (params.has('symbol')) return RULES_WEIGHT;
  const symbols = params.get('symbols');
  if (symbols === undefined) return RULES_WEIGHT_MAX;
  return Math.min(RULES_WEIGHT * symbols.split(',').length, RULES_WEIGHT_MAX);
}

/** No symbol has a PRICE_RANGE rule: there is no reference price to hold it against. */
const executionRules = defineMethod({
  name: 'executionRules',
  rest: ['GET /api/v3/executionRules'],
  weight: rulesWeight,
  params: { ...SYMBOL_CHOICE, symbolStatus: optional(symbolStatusKind) },
  handle(ctx, choice) {
    const sent = [choice.symbol, choice.symbols, choice.symbolStatus].filter((value) => value !== undefined);
    if (sent.length > 1) throw badCombination();
    const rows = forEachChosen(ctx, choice, (instrument) => ({ symbol: instrument.symbol, rules: [] }));
    return { symbolRules: Array.isArray(rows) ? rows : [rows] };
  },
});

export const GENERAL_METHODS = [ping, time, exchangeInfo, executionRules];
