// /api/spot/user: what the signer may know of its account.
import type { FastifyInstance } from 'fastify';
import type { AccountView } from '../../ports/exchangePort.ts';
import { ApiError, EdgeReject } from '../errors.ts';
import { type NativeContext, type PageQuery, pageOf } from './context.ts';
import * as schemas from './schemas.ts';
import { accountTradeViews, apiKeyView, balanceChangeView, balanceView, profileView } from './views.ts';

const tags = ['user'];
const security = [{ apiKey: [], timestamp: [], signature: [] }];

export function userRoutes(app: FastifyInstance, context: NativeContext): void {
  const { exchange, reads } = context;
  const { registry } = exchange;

  async function accountOf(accountId: number): Promise<AccountView> {
    const account = await exchange.account(accountId);
    if (account === undefined) throw new ApiError(EdgeReject.NO_SUCH_ACCOUNT);
    return account;
  }

  app.get(
    '/account',
    {
      preValidation: reads,
      schema: { tags, security, summary: 'The account with its balances', response: schemas.answers(schemas.ACCOUNT) },
    },
    async ({ apiKey }) => {
      const { profile, balances } = await accountOf(apiKey.accountId);
      return { ...profileView(profile), balances: balances.map((balance) => balanceView(balance, registry)) };
    },
  );

  app.get(
    '/balances',
    {
      preValidation: reads,
      schema: { tags, security, summary: 'The balances', response: schemas.answers(schemas.list(schemas.BALANCE)) },
    },
    async ({ apiKey }) => {
      const { balances } = await accountOf(apiKey.accountId);
      return balances.map((balance) => balanceView(balance, registry));
    },
  );

  app.get<{ Querystring: PageQuery & { symbol: string; orderId?: number } }>(
    '/trades',
    {
      preValidation: reads,
      schema: {
        tags,
        security,
        summary: "The account's executions",
        querystring: schemas.TRADES_PAGE,
        response: schemas.answers(schemas.list(schemas.ACCOUNT_TRADE)),
      },
    },
    async ({ query, apiKey: { accountId } }) => {
      const instrument = context.instrument(query.symbol);
      const { orderId } = query;
      const page = { ...pageOf(query), ...(orderId === undefined ? {} : { orderId }) };
      const history = await exchange.history();
      const trades = await history.accountTrades(accountId, query.symbol, page);
      return trades.flatMap((trade) => accountTradeViews(trade, instrument, accountId));
    },
  );

  app.get<{ Querystring: PageQuery & { asset?: string } }>(
    '/balance-changes',
    {
      preValidation: reads,
      schema: {
        tags,
        security,
        summary: 'Every change of the balances',
        querystring: schemas.ASSET_PAGE,
        response: schemas.answers(schemas.list(schemas.BALANCE_CHANGE)),
      },
    },
    async ({ query, apiKey }) => {
      const history = await exchange.history();
      const changes = await history.balanceChanges(apiKey.accountId, query.asset, pageOf(query));
      return changes.map((change) => balanceChangeView(change, registry));
    },
  );

  app.get(
    '/api-keys',
    {
      preValidation: reads,
      schema: {
        tags,
        security,
        summary: 'The keys of the account, without their secrets',
        response: schemas.answers(schemas.list(schemas.API_KEY)),
      },
    },
    async ({ apiKey }) => registry.apiKeysOf(apiKey.accountId).map(apiKeyView),
  );
}
