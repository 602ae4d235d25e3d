// Tokens of the admin API and the record of what was done with them.
import type { AdminAction, AdminOutcome, AdminRole, AdminToken } from '../domain/adminAccess.ts';

export type NewAdminToken = Pick<AdminToken, 'tokenId' | 'name' | 'role' | 'hash' | 'expireUs' | 'ipAllowList'>;
export type NewAdminAction = Omit<AdminAction, 'actionId' | 'timeUs' | 'updateUs'>;

export interface ActionPage {
  /** First actionId; absent = the newest. */
  readonly fromId?: number;
  readonly limit: number;
}

export interface AdminAccess {
  token(tokenId: string): AdminToken | undefined;
  /** Revoked ones included. */
  tokens(): readonly AdminToken[];
  /** Refused with a RangeError when a token that is not revoked has the name. */
  createToken(token: NewAdminToken): Promise<AdminToken>;
  revokeToken(tokenId: string): Promise<AdminToken>;
  /** Resolves with the actionId once it is in the log. */
  record(action: NewAdminAction): Promise<number>;
  /** What became of an action that was recorded as STARTED. */
  conclude(actionId: number, outcome: AdminOutcome, code: number, result: string): Promise<void>;
  /** Ascending by actionId. */
  actions(page: ActionPage): Promise<readonly AdminAction[]>;
}

export type { AdminAction, AdminRole, AdminToken };
