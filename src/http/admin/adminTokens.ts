// Who asks the admin API: bearer tokens, made here and stored as a hash. In: a token and an address. Out: the caller, or nobody.
import { createHash, randomBytes } from 'node:crypto';
import { AdminRole } from '../../domain/adminAccess.ts';
import type { AdminAccess } from '../../ports/adminAccess.ts';
import { isAllowedAddress } from '../auth/addressList.ts';
import { equalSecrets } from '../auth/signature.ts';

export interface AdminCaller {
  readonly name: string;
  /** '' = the token of the configuration. */
  readonly tokenId: string;
  readonly role: AdminRole;
}

/** The first admin: whoever has the token of the configuration (or of the data folder). */
export const BOOTSTRAP: AdminCaller = Object.freeze<AdminCaller>({ name: 'bootstrap', tokenId: '', role: AdminRole.ADMIN });

/** `sedax_<id>_<secret>`: the id finds the row, the secret proves it; the prefix lets scanners of leaked secrets know it. */
const TOKEN = /^sedax_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;

export interface MadeToken {
  readonly tokenId: string;
  /** Shown once. */
  readonly token: string;
  readonly hash: string;
}

export function makeToken(): MadeToken {
  const tokenId = randomBytes(6).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  return { tokenId, token: `sedax_${tokenId}_${secret}`, hash: hashOf(secret) };
}

/** 256 random bits need no slow hash. */
function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** `bootstrap`: the token of the configuration; '' = there is none. */
export function adminCaller(
  access: AdminAccess,
  bootstrap: string,
  token: string,
  address: string,
  nowUs: number,
): AdminCaller | undefined {
  if (bootstrap !== '' && equalSecrets(token, bootstrap)) return BOOTSTRAP;
  const [, tokenId = '', secret = ''] = TOKEN.exec(token) ?? [];
  const row = tokenId === '' ? undefined : access.token(tokenId);
  if (row === undefined || !equalSecrets(hashOf(secret), row.hash)) return undefined;
  if (row.revoked || (row.expireUs > 0 && row.expireUs <= nowUs) || !isAllowedAddress(row.ipAllowList, address)) return undefined;
  return { name: row.name, tokenId, role: row.role };
}
