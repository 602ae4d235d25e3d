// JSON schemas of the admin API.
import { answers, BALANCE, decimal, flag, list, object, PROFILE, partial, type Schema, text, time, whole } from '../native/schemas.ts';

const RATE: Schema = { type: ['string', 'number'], minLength: 1, maxLength: 12, description: 'A fraction: "0.001" is 10 basis points.' };
const FEES: Schema = object({ maker: RATE, taker: RATE });
const NAME: Schema = { type: 'string', minLength: 1, maxLength: 64 };
const ACCOUNT_ID: Schema = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const API_KEY_PATTERN = '^[a-zA-Z0-9]{16,128}$';
const SYMBOL: Schema = { type: 'string', pattern: '^[A-Z0-9]{2,20}$' };

export const CREATE_ACCOUNT: Schema = object(
  {
    name: NAME,
    accountId: { ...ACCOUNT_ID, description: 'Made up when absent; 1000 and above.', minimum: 1000 },
    fees: { ...FEES, description: "Default: the venue's." },
  },
  ['accountId', 'fees'],
);
export const PATCH_ACCOUNT: Schema = {
  ...partial({
    fees: FEES,
    symbolFees: {
      type: 'object',
      description: 'Replaces every override by symbol.',
      propertyNames: { pattern: '^[A-Z0-9]{2,20}$' },
      additionalProperties: FEES,
      maxProperties: 1000,
    },
    canTrade: flag,
    canDeposit: flag,
    canWithdraw: flag,
    frozen: flag,
    tradeGroupId: {
      type: 'integer',
      minimum: -1,
      maximum: 2 ** 31,
      description: 'Accounts of one group do not trade with each other; -1 = none.',
    },
  }),
  minProperties: 1,
};
export const CREATE_KEY: Schema = partial({
  kind: { type: 'string', enum: ['HMAC', 'ED25519', 'RSA'], default: 'HMAC' },
  publicKey: { type: 'string', maxLength: 4096, description: 'ED25519 and RSA: PEM, or base64 of the DER.' },
  label: { type: 'string', maxLength: 64 },
  canTrade: { ...flag, default: true },
  ipAllowList: {
    type: 'array',
    maxItems: 100,
    items: { type: 'string', maxLength: 50 },
    description: 'Addresses and CIDR ranges; empty = any.',
  },
});
export const TRANSFER: Schema = object({
  requestId: {
    type: 'string',
    pattern: '^[A-Za-z0-9_.:-]{1,64}$',
    description: "The operator's id of the request: it takes effect once, however often it is sent.",
  },
  asset: { type: 'string', pattern: '^[A-Z0-9]{1,10}$' },
  amount: { type: ['string', 'number'], minLength: 1, maxLength: 40, description: 'Above zero, in whole units of the asset.' },
});
export const CREATE_TOKEN: Schema = object(
  {
    name: { type: 'string', pattern: '^[A-Za-z0-9_.@-]{1,64}$', description: 'Whose it is; stands in the record of actions.' },
    role: { type: 'string', enum: ['VIEWER', 'OPERATOR', 'TREASURER', 'ADMIN'] },
    expireTime: { ...whole('Milliseconds since the epoch; absent = never.'), maximum: 9_007_199_254_740 },
    ipAllowList: {
      type: 'array',
      maxItems: 100,
      items: { type: 'string', maxLength: 50 },
      description: 'Addresses and CIDR ranges; empty = any.',
    },
  },
  ['expireTime', 'ipAllowList'],
);
/** Checked by parseInstrument, which names the key at fault; the form is documented in config/instruments.json. */
export const CREATE_SYMBOL: Schema = {
  type: 'object',
  additionalProperties: true,
  examples: [{ symbol: 'LTCUSDT', baseAsset: 'LTC', quoteAsset: 'USDT', tickSize: '0.01', stepSize: '0.001' }],
};
export const ACCOUNT_PARAMS: Schema = object({ accountId: ACCOUNT_ID });
export const KEY_PARAMS: Schema = object({ accountId: ACCOUNT_ID, apiKey: { type: 'string', pattern: API_KEY_PATTERN } });
export const SYMBOL_PARAMS: Schema = object({ symbol: SYMBOL });
export const POISON_PARAMS: Schema = object({ name: { type: 'string', minLength: 1, maxLength: 100 } });

const KEY_VIEW: Readonly<Record<string, Schema>> = {
  apiKey: text,
  accountId: whole('Id of the account.'),
  kind: text,
  label: text,
  canTrade: flag,
  ipAllowList: list(text),
  revoked: flag,
  publicKey: text,
  createTime: time,
  updateTime: time,
};
export const KEY: Schema = object(KEY_VIEW, ['publicKey']);
export const NEW_KEY: Schema = object({ ...KEY_VIEW, secret: { type: 'string', description: 'HMAC: shown this once.' } }, [
  'publicKey',
  'secret',
]);
const TOKEN_VIEW: Readonly<Record<string, Schema>> = {
  tokenId: text,
  name: text,
  role: text,
  ipAllowList: list(text),
  revoked: flag,
  expireTime: { type: ['integer', 'null'] },
  createTime: time,
  updateTime: time,
};
export const TOKEN: Schema = object(TOKEN_VIEW);
export const NEW_TOKEN: Schema = object({ ...TOKEN_VIEW, token: { type: 'string', description: 'Shown this once.' } });
export const TOKEN_PARAMS: Schema = object({ tokenId: { type: 'string', pattern: '^[0-9a-f]{12}$' } });
export const AUDIT_PAGE: Schema = partial({
  fromId: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'First id; absent = the newest.' },
  limit: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
});
export const ACTION: Schema = object({
  id: whole('Gapless, from 1.'),
  time,
  actor: { type: 'string', description: 'Name of the token.' },
  tokenId: { type: 'string', description: 'Empty = the token of the configuration.' },
  role: text,
  address: text,
  action: { type: 'string', description: 'Method and route.' },
  target: { type: 'string', description: 'The path as it was asked for.' },
  details: { type: 'string', description: 'The body as JSON, cut where it is long.' },
  outcome: { type: 'string', description: 'STARTED (under way, or the process ended before it could tell), DONE, REFUSED, FAILED.' },
  code: { type: 'integer', description: 'Code of the error that was answered; 0 = none.' },
  result: { type: 'string', description: 'Id of what was made; the requestId of a transfer that this action made.' },
  endTime: time,
});
export const ACCOUNT: Schema = object(PROFILE, ['tradeGroupId']);
export const ACCOUNT_DETAIL: Schema = object({ ...PROFILE, balances: list(BALANCE), apiKeys: list(KEY) }, ['tradeGroupId']);
export const TRANSFERRED: Schema = object({
  balance: BALANCE,
  duplicate: { ...flag, description: 'True: it was done before, nothing was done now.' },
});
export const INSTRUMENT: Schema = { type: 'object', additionalProperties: true };
export const DONE: Schema = object({ done: flag });
export const SECRETS: Schema = object({
  keyId: { type: ['string', 'null'], description: 'Id of the key that seals now; null: there is none.' },
  sealedWith: {
    type: 'object',
    additionalProperties: { type: 'integer' },
    description: 'HMAC API keys by the key that sealed their secret.',
  },
  plain: whole('HMAC API keys whose secret was stored before secrets were sealed.'),
  unreadable: whole('HMAC API keys whose secret no key opens: requests under them are refused.'),
});
export const RECONCILIATION: Schema = object({
  ok: { ...flag, description: 'True when both invariants hold for every asset.' },
  assets: list(
    object({
      asset: text,
      ok: flag,
      free: decimal('Sum over the accounts.'),
      locked: decimal('Sum over the accounts.'),
      fees: decimal("The venue's fee accounts."),
      deposited: decimal('Sum of the deposits.'),
      withdrawn: decimal('Sum of the withdrawals.'),
      reserved: decimal('Sum of the open reservations; equals locked.'),
    }),
  ),
});
export { answers, list };
