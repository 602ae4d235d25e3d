// docs/api/binance.md lists the whole documented surface with what is offered of it, rendered from the tables in code.
// `UPDATE_DOCS=1 npx vitest run tests/binance/coverage` writes it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { LISTEN_KEY_METHODS } from '../../src/http/binance/listenKeyCall.ts';
import { assetFilters, exchangeFilters } from '../../src/http/binance/methods/accountFilters.ts';
import type { BinanceMethod } from '../../src/http/binance/methods/binanceMethod.ts';
import { BINANCE_METHODS, METHODS_BY_NAME } from '../../src/http/binance/methods/index.ts';
import { noPendingQuantity } from '../../src/http/binance/params/legTerms.ts';
import { symbolFilters } from '../../src/http/binance/reports/filters.ts';
import { FOREIGN_ROUTES, TRADE_FEE } from '../../src/http/binance/rest/foreignRoutes.ts';
import { LISTEN_KEY_PATH } from '../../src/http/binance/rest/listenKeyRoutes.ts';
import { DEFAULT_BINANCE_SETTINGS } from '../../src/http/binance/settings.ts';
import { parseStreamName } from '../../src/http/binance/streams/streamName.ts';
import { SESSION_METHODS } from '../../src/http/binance/wsApi/sessionMethods.ts';
import { makeInstrument } from '../fixtures/fakeExchange.ts';
import * as surface from './surface.ts';

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const FILE = path('docs/api/binance.md');

const routes = new Map<string, BinanceMethod>();
for (const method of [...BINANCE_METHODS, TRADE_FEE]) {
  for (const route of method.restRoutes) routes.set(`${route.verb} ${route.path}`, method);
}
const foreign = new Map(FOREIGN_ROUTES.map((route) => [`GET ${route.path}`, route.why]));
const listenKeyRoutes = ['POST', 'PUT', 'DELETE'].map((verb) => `${verb} ${LISTEN_KEY_PATH}`);
const sources = readdirSync(path('src/http/binance'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .map((name) => readFileSync(join(path('src/http/binance'), name), 'utf8'))
  .join('\n');
const bounded = makeInstrument({ filters: { ...makeInstrument().filters, maxPositionUnits: 1n } });
const boundedOnce = makeInstrument({ filters: { ...makeInstrument().filters, multiplierUp: 50_000, maxNotionalUnits: 0n } });
const everySetting = {
  ...DEFAULT_BINANCE_SETTINGS,
  accountLimits: { maxNumOrders: 1, maxNumAlgoOrders: 1, maxNumIcebergOrders: 1, maxNumOrderLists: 1 },
  maxAssets: [{ asset: bounded.baseAsset, limit: '1' }],
};
const filters = new Set(
  [...symbolFilters(bounded), ...symbolFilters(boundedOnce), ...exchangeFilters(everySetting), ...assetFilters(everySetting, bounded)].map(
    ({ filterType }) => filterType,
  ),
);
const example = new Map(surface.STREAM_SURFACE);

/** Whether the code offers an item of the surface. */
function isOffered(item: string): boolean {
  if (item in PROTOCOLS) return PROTOCOLS[item] as boolean;
  if (surface.FILTER_SURFACE.includes(item)) return filters.has(item);
  if (surface.EVENT_SURFACE.includes(item)) return sources.includes(`"e":"${item}"`);
  const stream = example.get(item);
  if (stream !== undefined) return parseStreamName(stream) !== undefined;
  if (item.includes(' /')) return routes.has(item) || foreign.has(item) || listenKeyRoutes.includes(item);
  return METHODS_BY_NAME.has(item) || SESSION_METHODS.has(item) || LISTEN_KEY_METHODS.has(item);
}

/** Not read off a table: they are whole servers. */
const PROTOCOLS: Readonly<Record<string, boolean>> = {
  'REST over JSON': true,
  'WebSocket market streams over JSON': true,
  'WebSocket API over JSON': true,
  'User data over the WebSocket API': true,
  'Market-data-only hosts': true,
  'SBE responses and streams': false,
  'FIX order entry, drop copy and market data': false,
};

const everything: readonly string[] = [
  ...surface.REST_SURFACE.flat().filter((item) => item !== ''),
  ...surface.SESSION_SURFACE,
  ...surface.RETIRED_SURFACE,
  ...surface.FOREIGN_SURFACE,
  ...surface.STREAM_SURFACE.map(([name]) => name),
  ...surface.EVENT_SURFACE,
  ...surface.FILTER_SURFACE,
  ...surface.PROTOCOL_SURFACE,
];

function status(item: string): readonly [status: string, remark: string] {
  if (!isOffered(item)) return ['not offered', surface.NOT_OFFERED[item] ?? '?'];
  const different = surface.DIFFERENT[item];
  return different === undefined ? ['yes', ''] : ['different', different];
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
const mono = (text: string): string => (text === '' ? '' : `\`${cell(text)}\``);
const simple = (items: readonly string[]): string =>
  table(
    ['what', 'offered', 'remark'],
    items.map((item) => [mono(item), ...status(item)]),
  );

/** Mandatory ones with an exclamation mark. */
function parameters(method: BinanceMethod): string {
  return Object.entries(method.params.spec)
    .filter(([, { kind }]) => kind !== noPendingQuantity)
    .map(([name, { mandatory }]) => (mandatory ? `${name}!` : name))
    .join(', ');
}

function render(): string {
  const rest = surface.REST_SURFACE.map(([route, ws]) => {
    const method = routes.get(route) as BinanceMethod;
    return [mono(route), mono(ws), method.security, String(method.unfilledOrders || ''), ...status(route), parameters(method)];
  });
  return `# The Binance-compatible API: what is offered

Everything the documentation of the Binance Spot API lists, in its order. \`yes\`: as documented. \`different\`: offered, with
the difference and its reason in the remark. \`not offered\`: with the reason. The lists of what there is are read from the
tables in the code; a test holds this page equal to them.

Base URLs: REST \`http(s)://<host>/api/v3\`, streams \`ws(s)://<host>/ws\`, \`/stream\` and \`/stream/ws\`, WebSocket API
\`ws(s)://<host>/ws-api/v3\`.

## Protocols

${table(
  ['what', 'offered', 'remark'],
  surface.PROTOCOL_SURFACE.map((item) => [item, ...status(item)]),
)}

## REST routes and their WebSocket API methods

\`U\` is what a call adds to the account's unfilled-order count. Parameters are listed without timestamp, recvWindow and
signature (and apiKey on the WebSocket API); \`!\` marks the mandatory ones.

${table(['route', 'WebSocket API', 'security', 'U', 'offered', 'remark', 'parameters'], rest)}

## Sessions and user data on the WebSocket API

${simple(surface.SESSION_SURFACE)}

Events:

${simple(surface.EVENT_SURFACE)}

## Market streams

${simple(surface.STREAM_SURFACE.map(([name]) => name))}

## Filters

${simple(surface.FILTER_SURFACE)}

## Retired by Binance

${simple(surface.RETIRED_SURFACE)}

## Routes of other products that spot clients call

Switched off by the setting \`foreignRoutes\`.

${table(
  ['route', 'offered', 'remark', 'called by'],
  surface.FOREIGN_SURFACE.map((item) => [mono(item), ...status(item), foreign.get(item) ?? '']),
)}
`;
}

describe('docs/api/binance.md', () => {
  if (process.env.UPDATE_DOCS === '1') writeFileSync(FILE, render());

  it('is what the tables render', () => {
    expect(readFileSync(FILE, 'utf8')).toBe(render());
  });

  it('lists every item once, with a status', () => {
    expect(new Set(everything).size).toBe(everything.length);
    for (const item of everything) expect([item, status(item)[1]]).not.toEqual([item, '?']);
  });

  it('names no difference and no absence that is not one', () => {
    expect(Object.keys(surface.NOT_OFFERED).filter((item) => !everything.includes(item) || isOffered(item))).toEqual([]);
    expect(Object.keys(surface.DIFFERENT).filter((item) => !everything.includes(item) || !isOffered(item))).toEqual([]);
  });

  it('leaves out nothing that is in the code', () => {
    const inCode = [
      ...routes.keys(),
      ...foreign.keys(),
      ...listenKeyRoutes,
      ...METHODS_BY_NAME.keys(),
      ...SESSION_METHODS.keys(),
      ...LISTEN_KEY_METHODS.keys(),
      ...filters,
    ];
    expect(inCode.filter((item) => !everything.includes(item))).toEqual([]);
  });

  it('pairs routes and methods as the code does', () => {
    for (const [route, ws] of surface.REST_SURFACE) expect([route, routes.get(route)?.name]).toEqual([route, ws]);
  });
});
