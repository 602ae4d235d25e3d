// Who may run the venue and what they did: admin tokens and the record of every admin action. Both live in the admin log.

/** Each role above VIEWER reads too; ADMIN does everything. The codes are on the wire. */
export const AdminRole = { VIEWER: 1, OPERATOR: 2, TREASURER: 3, ADMIN: 4 } as const;
export type AdminRole = (typeof AdminRole)[keyof typeof AdminRole];

/** read: look. operate: halt, resume, poison. treasury: deposits, withdrawals. govern: accounts, keys, tokens, symbols. */
export type AdminRight = 'read' | 'operate' | 'treasury' | 'govern';

const RIGHTS: Readonly<Record<AdminRole, readonly AdminRight[]>> = {
  [AdminRole.VIEWER]: ['read'],
  [AdminRole.OPERATOR]: ['read', 'operate'],
  [AdminRole.TREASURER]: ['read', 'treasury'],
  [AdminRole.ADMIN]: ['read', 'operate', 'treasury', 'govern'],
};

export function hasRight(role: AdminRole, right: AdminRight): boolean {
  return RIGHTS[role].includes(right);
}

export interface AdminToken {
  readonly tokenId: string;
  /** Whose it is, as the record of actions names them. */
  readonly name: string;
  readonly role: AdminRole;
  /** SHA-256 of the token's secret part in hex; the secret itself is nowhere. */
  readonly hash: string;
  readonly createdUs: number;
  /** 0 = never. */
  readonly expireUs: number;
  /** Addresses that may use it; empty = any. */
  readonly ipAllowList: readonly string[];
  revoked: boolean;
  updateUs: number;
}

export const AdminTokenField = {
  tokenId: 0,
  name: 1,
  role: 2,
  hash: 3,
  createdUs: 4,
  expireUs: 5,
  ipAllowList: 6,
  revoked: 7,
  updateUs: 8,
} as const satisfies Record<keyof AdminToken, number>;

/** STARTED that stays: the process ended before it could say what became of it. The codes are on the wire. */
export const AdminOutcome = { STARTED: 0, DONE: 1, REFUSED: 2, FAILED: 3 } as const;
export type AdminOutcome = (typeof AdminOutcome)[keyof typeof AdminOutcome];

/** One request of an admin that was to change something: in the log before anything is done, and again with its outcome. */
export interface AdminAction {
  /** Gapless, from 1. */
  readonly actionId: number;
  readonly timeUs: number;
  /** Name of the token. */
  readonly actor: string;
  /** '' = the token of the configuration. */
  readonly tokenId: string;
  readonly role: AdminRole;
  readonly address: string;
  /** The route: 'POST /accounts/:accountId/deposits'. */
  readonly action: string;
  /** The path as it was asked for: '/accounts/1000/deposits'. */
  readonly target: string;
  /** What was asked for, as JSON, cut where it is long. */
  readonly details: string;
  outcome: AdminOutcome;
  /** Code of the error that was answered; 0 = none. */
  errorCode: number;
  /** Id of what was made; of a deposit or withdrawal its requestId, when this action moved the money. '' = nothing. */
  result: string;
  updateUs: number;
}

export const AdminActionField = {
  actionId: 0,
  timeUs: 1,
  actor: 2,
  tokenId: 3,
  role: 4,
  address: 5,
  action: 6,
  target: 7,
  details: 8,
  outcome: 9,
  errorCode: 10,
  result: 11,
  updateUs: 12,
} as const satisfies Record<keyof AdminAction, number>;
