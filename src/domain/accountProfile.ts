// What the venue knows of an account besides its balances, and the keys that act for it. Both live in the admin log.

/** Commission in 1e-8 of the received amount: 10 bps = 100_000. */
export interface FeeRates {
  readonly makerRate: number;
  readonly takerRate: number;
}

export interface AccountProfile {
  /** accountId % partitions = its partition. Ids below FIRST_ACCOUNT_ID are the venue's own. */
  readonly accountId: number;
  readonly name: string;
  readonly createdUs: number;
  rates: FeeRates;
  /** Overrides of `rates` by symbol. */
  symbolRates: Readonly<Record<string, FeeRates>>;
  canTrade: boolean;
  canDeposit: boolean;
  canWithdraw: boolean;
  /** Set when poison input froze the account; the operator's command clears it. */
  frozen: boolean;
  updateUs: number;
  /** Accounts with the same id (> -1) count as one for self-trade prevention. */
  tradeGroupId: number;
}

export const AccountField = {
  accountId: 0,
  name: 1,
  createdUs: 2,
  rates: 3,
  symbolRates: 4,
  canTrade: 5,
  canDeposit: 6,
  canWithdraw: 7,
  frozen: 8,
  updateUs: 9,
  tradeGroupId: 10,
} as const satisfies Record<keyof AccountProfile, number>;

/** Fees of partition p are collected in the venue's account p; clients' ids start here. */
export const FIRST_ACCOUNT_ID = 1000;

/** The venue's account that collects the fees of a partition. */
export function houseAccountId(partition: number): number {
  return partition;
}

export const ApiKeyKind = { HMAC: 1, ED25519: 2, RSA: 3 } as const;
export type ApiKeyKind = (typeof ApiKeyKind)[keyof typeof ApiKeyKind];

export interface ApiKey {
  readonly apiKey: string;
  readonly accountId: number;
  readonly kind: ApiKeyKind;
  /** HMAC: the secret, sealed in the log and open at the edges (ports/secretBox.ts). ED25519, RSA: the public key in PEM. */
  secret: string;
  readonly label: string;
  readonly createdUs: number;
  /** TRADE allows orders; reading is always allowed. */
  canTrade: boolean;
  /** Addresses that may use it; empty = any. */
  ipAllowList: readonly string[];
  revoked: boolean;
  updateUs: number;
}

export const ApiKeyField = {
  apiKey: 0,
  accountId: 1,
  kind: 2,
  secret: 3,
  label: 4,
  createdUs: 5,
  canTrade: 6,
  ipAllowList: 7,
  revoked: 8,
  updateUs: 9,
} as const satisfies Record<keyof ApiKey, number>;
