// /admin/v1/accounts: accounts, their keys, their money.
import { isIP } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { type AccountProfile, ApiKeyKind, type FeeRates } from '../../domain/accountProfile.ts';
import { EngineReject } from '../../domain/rejectReason.ts';
import type { BalanceResult, ExchangePort } from '../../ports/exchangePort.ts';
import { canonicalPublicKey, PublicKeyError } from '../auth/signature.ts';
import { ApiError, EdgeReject } from '../errors.ts';
import { type DecimalInput, decimalText } from '../native/orderText.ts';
import { apiKeyView, balanceView, profileView } from '../native/views.ts';
import { rateOf } from '../rates.ts';
import { parseUnits } from '../units.ts';
import { asked } from './adminErrors.ts';
import * as schemas from './schemas.ts';

interface FeesBody {
  readonly maker: DecimalInput;
  readonly taker: DecimalInput;
}
interface CreateAccountBody {
  readonly name: string;
  readonly accountId?: number;
  readonly fees?: FeesBody;
}
type PatchBody = Partial<Pick<AccountProfile, 'canTrade' | 'canDeposit' | 'canWithdraw' | 'frozen' | 'tradeGroupId'>> & {
  readonly fees?: FeesBody;
  readonly symbolFees?: Readonly<Record<string, FeesBody>>;
};
interface KeyBody {
  readonly kind?: keyof typeof ApiKeyKind;
  readonly publicKey?: string;
  readonly label?: string;
  readonly canTrade?: boolean;
  readonly ipAllowList?: readonly string[];
}
interface TransferBody {
  readonly requestId: string;
  readonly asset: string;
  readonly amount: DecimalInput;
}
interface AccountParams {
  readonly accountId: number;
}

const tags = ['admin'];
const security = [{ adminToken: [] }];

export function accountRoutes(app: FastifyInstance, exchange: ExchangePort): void {
  const { admin, registry } = exchange;

  app.post<{ Body: CreateAccountBody }>(
    '/accounts',
    {
      config: { adminRight: 'govern' },
      schema: { tags, security, summary: 'Open an account', body: schemas.CREATE_ACCOUNT, response: schemas.answers(schemas.ACCOUNT) },
    },
    async (request) => {
      const { name, accountId, fees } = request.body;
      if (accountId !== undefined && registry.profile(accountId) !== undefined) {
        throw new ApiError(EdgeReject.EXISTS, { why: `account ${accountId} exists already` });
      }
      const account = {
        name,
        ...(accountId === undefined ? {} : { accountId }),
        ...(fees === undefined ? {} : { rates: ratesOf(fees, 'fees') }),
      };
      const profile = await asked(admin.createAccount(account));
      request.adminResult = String(profile.accountId);
      return profileView(profile);
    },
  );

  app.get(
    '/accounts',
    {
      config: { adminRight: 'read' },
      schema: { tags, security, summary: 'Every account', response: schemas.answers(schemas.list(schemas.ACCOUNT)) },
    },
    async () => admin.accounts().map(profileView),
  );

  app.get<{ Params: AccountParams }>(
    '/accounts/:accountId',
    {
      config: { adminRight: 'read' },
      schema: {
        tags,
        security,
        summary: 'An account with its balances and keys',
        params: schemas.ACCOUNT_PARAMS,
        response: schemas.answers(schemas.ACCOUNT_DETAIL),
      },
    },
    async ({ params: { accountId } }) => {
      const account = await exchange.account(accountId);
      if (account === undefined) throw new ApiError(EdgeReject.NO_SUCH_ACCOUNT);
      return {
        ...profileView(account.profile),
        balances: account.balances.map((balance) => balanceView(balance, registry)),
        apiKeys: registry.apiKeysOf(accountId).map(apiKeyView),
      };
    },
  );

  app.patch<{ Params: AccountParams; Body: PatchBody }>(
    '/accounts/:accountId',
    {
      config: { adminRight: 'govern' },
      schema: {
        tags,
        security,
        summary: 'Change fees and permissions, freeze',
        params: schemas.ACCOUNT_PARAMS,
        body: schemas.PATCH_ACCOUNT,
        response: schemas.answers(schemas.ACCOUNT),
      },
    },
    async ({ params: { accountId }, body: { fees, symbolFees, ...flags } }) => {
      requireAccount(exchange, accountId);
      const change = {
        ...flags,
        ...(fees === undefined ? {} : { rates: ratesOf(fees, 'fees') }),
        ...(symbolFees === undefined ? {} : { symbolRates: symbolRatesOf(symbolFees, exchange) }),
      };
      return profileView(await asked(admin.updateAccount(accountId, change)));
    },
  );

  keyRoutes(app, exchange);
  for (const way of ['deposit', 'withdraw'] as const) transferRoute(app, exchange, way);
}

function keyRoutes(app: FastifyInstance, exchange: ExchangePort): void {
  const { admin, registry } = exchange;

  app.post<{ Params: AccountParams; Body: KeyBody }>(
    '/accounts/:accountId/api-keys',
    {
      config: { adminRight: 'govern' },
      schema: {
        tags,
        security,
        summary: 'Make a key; the secret of an HMAC key is shown this once',
        params: schemas.ACCOUNT_PARAMS,
        body: schemas.CREATE_KEY,
        response: schemas.answers(schemas.NEW_KEY),
      },
    },
    async (request) => {
      const { body } = request;
      const { accountId } = request.params;
      requireAccount(exchange, accountId);
      const kind = ApiKeyKind[body.kind ?? 'HMAC'];
      const { publicKey, kind: _word, ...rest } = body;
      checkAddresses(body.ipAllowList ?? []);
      const key = await asked(admin.createApiKey({ ...rest, accountId, kind, ...publicKeyOf(kind, publicKey) }));
      request.adminResult = key.apiKey;
      const view = apiKeyView(key);
      return kind === ApiKeyKind.HMAC ? { ...view, secret: key.secret } : view;
    },
  );

  app.get<{ Params: AccountParams }>(
    '/accounts/:accountId/api-keys',
    {
      config: { adminRight: 'read' },
      schema: {
        tags,
        security,
        summary: 'The keys of an account',
        params: schemas.ACCOUNT_PARAMS,
        response: schemas.answers(schemas.list(schemas.KEY)),
      },
    },
    async ({ params: { accountId } }) => {
      requireAccount(exchange, accountId);
      return registry.apiKeysOf(accountId).map(apiKeyView);
    },
  );

  app.delete<{ Params: AccountParams & { readonly apiKey: string } }>(
    '/accounts/:accountId/api-keys/:apiKey',
    {
      config: { adminRight: 'govern' },
      schema: { tags, security, summary: 'Revoke a key', params: schemas.KEY_PARAMS, response: schemas.answers(schemas.KEY) },
    },
    async ({ params: { accountId, apiKey } }) => {
      requireAccount(exchange, accountId);
      if (registry.apiKey(apiKey)?.accountId !== accountId) throw new ApiError(EdgeReject.NO_SUCH_KEY);
      return apiKeyView(await asked(admin.revokeApiKey(apiKey)));
    },
  );
}

function transferRoute(app: FastifyInstance, exchange: ExchangePort, way: 'deposit' | 'withdraw'): void {
  const path = way === 'deposit' ? 'deposits' : 'withdrawals';
  app.post<{ Params: AccountParams; Body: TransferBody }>(
    `/accounts/:accountId/${path}`,
    {
      config: { adminRight: 'treasury' },
      schema: {
        tags,
        security,
        summary: `A ${path.slice(0, -1)}, done once per requestId`,
        params: schemas.ACCOUNT_PARAMS,
        body: schemas.TRANSFER,
        response: schemas.answers(schemas.TRANSFERRED),
      },
    },
    async (request) => {
      const { accountId } = request.params;
      const { requestId, asset, amount } = request.body;
      requireAccount(exchange, accountId);
      const units = unitsOf(exchange, asset, amount);
      const result: BalanceResult = await exchange.admin[way]({ accountId, requestId, asset, units });
      if (!result.ok) throw ApiError.refused(result.reason);
      // Whose action has the requestId as its result moved the money: the balance's entry in the accounts' log has it too.
      if (!result.duplicate) request.adminResult = requestId;
      return { balance: balanceView(result.balance, exchange.registry), duplicate: result.duplicate };
    },
  );
}

function requireAccount(exchange: ExchangePort, accountId: number): void {
  if (exchange.registry.profile(accountId) === undefined) throw new ApiError(EdgeReject.NO_SUCH_ACCOUNT);
}

function ratesOf(fees: FeesBody, name: string): FeeRates {
  const rate = (side: 'maker' | 'taker'): number => {
    try {
      return rateOf(decimalText(fees[side]));
    } catch (error) {
      if (error instanceof RangeError) throw new ApiError(EdgeReject.INVALID_PARAM, { name: `${name}.${side}` });
      throw error;
    }
  };
  return { makerRate: rate('maker'), takerRate: rate('taker') };
}

function symbolRatesOf(fees: Readonly<Record<string, FeesBody>>, exchange: ExchangePort): Record<string, FeeRates> {
  return Object.fromEntries(
    Object.entries(fees).map(([symbol, rates]) => {
      if (exchange.registry.instrument(symbol) === undefined) throw new ApiError(EdgeReject.BAD_SYMBOL);
      return [symbol, ratesOf(rates, `symbolFees.${symbol}`)];
    }),
  );
}

function publicKeyOf(kind: ApiKeyKind, publicKey: string | undefined): { publicKey?: string } {
  if (kind === ApiKeyKind.HMAC) {
    if (publicKey !== undefined) throw new ApiError(EdgeReject.NOT_REQUIRED, { name: 'publicKey' });
    return {};
  }
  if (publicKey === undefined) throw new ApiError(EdgeReject.MANDATORY, { name: 'publicKey' });
  try {
    return { publicKey: canonicalPublicKey(kind, publicKey) };
  } catch (error) {
    if (error instanceof PublicKeyError) throw new ApiError(EdgeReject.BAD_PUBLIC_KEY, { why: error.message });
    throw error;
  }
}

export function checkAddresses(ipAllowList: readonly string[]): void {
  for (const [index, entry] of ipAllowList.entries()) checkAddress(entry, index);
}

/** An address, or a CIDR range. An entry that is neither would lock its key out. */
function checkAddress(entry: string, index: number): void {
  const [address = '', prefix, more] = entry.split('/');
  const version = isIP(address);
  const isRange = prefix !== undefined && /^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 6 ? 128 : 32);
  if (version !== 0 && more === undefined && (prefix === undefined || isRange)) return;
  throw new ApiError(EdgeReject.INVALID_PARAM, { name: `ipAllowList.${index}` });
}

function unitsOf(exchange: ExchangePort, asset: string, amount: DecimalInput): bigint {
  const scale = exchange.registry.assetScale(asset);
  if (scale === undefined) throw ApiError.refused(EngineReject.UNKNOWN_ASSET);
  const parsed = parseUnits(decimalText(amount), scale);
  if (parsed.ok) {
    if (parsed.value === 0n) throw ApiError.refused(EngineReject.INVALID_AMOUNT);
    return parsed.value;
  }
  if (parsed.problem === 'PRECISION') throw new ApiError(EdgeReject.BAD_PRECISION, { name: 'amount' });
  if (parsed.problem === 'RANGE') throw new ApiError(EdgeReject.OVERFLOW, { name: 'amount' });
  throw new ApiError(EdgeReject.INVALID_PARAM, { name: 'amount' });
}
