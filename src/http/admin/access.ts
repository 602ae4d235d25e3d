// /admin/v1: tokens, and the record of what was done with them.
import type { FastifyInstance } from 'fastify';
import { type AdminAction, AdminOutcome, AdminRole, type AdminToken } from '../../domain/adminAccess.ts';
import { nameOf } from '../../domain/orderTerms.ts';
import type { ExchangePort } from '../../ports/exchangePort.ts';
import { ApiError, EdgeReject } from '../errors.ts';
import { ms } from '../native/views.ts';
import { checkAddresses } from './accounts.ts';
import { asked } from './adminErrors.ts';
import { makeToken } from './adminTokens.ts';
import * as schemas from './schemas.ts';

interface TokenBody {
  readonly name: string;
  readonly role: keyof typeof AdminRole;
  readonly expireTime?: number;
  readonly ipAllowList?: readonly string[];
}

const tags = ['admin'];
const security = [{ adminToken: [] }];
const AUDIT_LIMIT = 100;

export function accessRoutes(app: FastifyInstance, exchange: ExchangePort): void {
  const { access } = exchange.admin;

  app.post<{ Body: TokenBody }>(
    '/tokens',
    {
      config: { adminRight: 'govern' },
      schema: {
        tags,
        security,
        summary: 'Make a token; it is shown this once',
        body: schemas.CREATE_TOKEN,
        response: schemas.answers(schemas.NEW_TOKEN),
      },
    },
    async (request) => {
      const { name, role, expireTime, ipAllowList = [] } = request.body;
      checkAddresses(ipAllowList);
      const expireUs = expireTime === undefined ? 0 : expireTime * 1000;
      if (expireUs !== 0 && expireUs <= exchange.clock.nowUs()) throw new ApiError(EdgeReject.INVALID_PARAM, { name: 'expireTime' });
      const { tokenId, token, hash } = makeToken();
      const row = await asked(access.createToken({ tokenId, name, role: AdminRole[role], hash, expireUs, ipAllowList }));
      request.adminResult = tokenId;
      return { ...tokenView(row), token };
    },
  );

  app.get(
    '/tokens',
    {
      config: { adminRight: 'read' },
      schema: { tags, security, summary: 'Every token, without what proves it', response: schemas.answers(schemas.list(schemas.TOKEN)) },
    },
    async () => access.tokens().map(tokenView),
  );

  app.delete<{ Params: { tokenId: string } }>(
    '/tokens/:tokenId',
    {
      config: { adminRight: 'govern' },
      schema: { tags, security, summary: 'Revoke a token', params: schemas.TOKEN_PARAMS, response: schemas.answers(schemas.TOKEN) },
    },
    async ({ params: { tokenId } }) => tokenView(await asked(access.revokeToken(tokenId))),
  );

  app.get<{ Querystring: { fromId?: number; limit?: number } }>(
    '/audit',
    {
      config: { adminRight: 'read' },
      schema: {
        tags,
        security,
        summary: 'What was done with which token, in order; without fromId the newest',
        querystring: schemas.AUDIT_PAGE,
        response: schemas.answers(schemas.list(schemas.ACTION)),
      },
    },
    async ({ query: { fromId, limit = AUDIT_LIMIT } }) => {
      const actions = await access.actions({ limit, ...(fromId === undefined ? {} : { fromId }) });
      return actions.map(actionView);
    },
  );
}

function tokenView(token: AdminToken): object {
  return {
    tokenId: token.tokenId,
    name: token.name,
    role: nameOf(AdminRole, token.role),
    ipAllowList: token.ipAllowList,
    revoked: token.revoked,
    expireTime: token.expireUs === 0 ? null : ms(token.expireUs),
    createTime: ms(token.createdUs),
    updateTime: ms(token.updateUs),
  };
}

function actionView(action: AdminAction): object {
  return {
    id: action.actionId,
    time: ms(action.timeUs),
    actor: action.actor,
    tokenId: action.tokenId,
    role: nameOf(AdminRole, action.role),
    address: action.address,
    action: action.action,
    target: action.target,
    details: action.details,
    outcome: nameOf(AdminOutcome, action.outcome),
    code: action.errorCode,
    result: action.result,
    endTime: ms(action.updateUs),
  };
}
