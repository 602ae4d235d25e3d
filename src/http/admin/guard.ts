// Before every admin route: a token whose role may, and the record of what is about to be done; behind it: what became of it.
// A route that does not say which right it needs does not come up.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AdminOutcome, type AdminRight, AdminRole, hasRight } from '../../domain/adminAccess.ts';
import { nameOf } from '../../domain/orderTerms.ts';
import { ApiError, EdgeReject, toApiError } from '../errors.ts';
import type { Edge } from '../server.ts';
import { type AdminCaller, adminCaller } from './adminTokens.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the caller of an admin route must be allowed to. */
    adminRight?: AdminRight;
  }
  interface FastifyRequest {
    adminCaller: AdminCaller | null;
    /** Of the record of this request; 0 = it is not in the log. */
    adminActionId: number;
    /** Code of the error it is answered with; 0 = none. */
    adminErrorCode: number;
    /** Id of what it made: set by the route. */
    adminResult: string;
  }
}

const BEARER = /^Bearer +([^\s]{1,512})$/i;
const DETAILS_LENGTH_MAX = 1_000;
const PATH_LENGTH_MAX = 200;
export const ADMIN_PREFIX = '/admin/v1';

export function guard(scope: FastifyInstance, { exchange, config, logger, limitRate }: Edge): void {
  const { access } = exchange.admin;
  const { adminToken, limits } = config;
  scope.decorateRequest('adminCaller', null);
  scope.decorateRequest('adminActionId', 0);
  scope.decorateRequest('adminErrorCode', 0);
  scope.decorateRequest('adminResult', '');

  scope.addHook('onRoute', (route) => {
    const right = route.config?.adminRight;
    if (right === undefined) throw new Error(`${String(route.method)} ${route.url} does not say which right it needs`);
    const roles = Object.entries(AdminRole).filter(([, role]) => hasRight(role, right));
    if (route.schema !== undefined) route.schema.description = `For the roles ${roles.map(([name]) => name).join(', ')}.`;
  });

  scope.addHook('onRequest', limitRate);
  // Before the body is read: who may not costs nothing.
  scope.addHook('onRequest', (request, reply, done) => {
    if (adminToken === '' && access.tokens().length === 0) return done(new ApiError(EdgeReject.ADMIN_DISABLED));
    const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
    const caller = token === undefined ? undefined : adminCaller(access, adminToken, token, request.ip, exchange.clock.nowUs());
    if (caller === undefined) {
      reply.header('www-authenticate', 'Bearer');
      return done(new ApiError(EdgeReject.ADMIN_TOKEN));
    }
    request.adminCaller = caller;
    if (hasRight(caller.role, rightOf(request))) return done();
    return done(new ApiError(EdgeReject.ADMIN_FORBIDDEN, { role: nameOf(AdminRole, caller.role) ?? '' }));
  });

  scope.addHook('preHandler', async (request) => {
    if (!isAction(request)) return;
    request.adminActionId = await access.record(actionOf(request, AdminOutcome.STARTED));
  });

  scope.addHook('onError', (request, _reply, error, done) => {
    request.adminErrorCode = toApiError(error, limits).code;
    done();
  });

  scope.addHook('onSend', async (request, reply, payload) => {
    if (request.adminCaller === null || !isAction(request)) return payload;
    const outcome = reply.statusCode < 400 ? AdminOutcome.DONE : reply.statusCode < 500 ? AdminOutcome.REFUSED : AdminOutcome.FAILED;
    try {
      const { adminActionId, adminErrorCode, adminResult } = request;
      if (adminActionId > 0) await access.conclude(adminActionId, outcome, adminErrorCode, adminResult);
      // Refused before it was begun: there is nothing else to tell of it.
      else if (outcome === AdminOutcome.REFUSED) await access.record(actionOf(request, outcome));
    } catch (error) {
      // What was done is done, and begins in the log; its outcome there stays open.
      logger.error({ err: error, action: request.adminActionId }, 'the outcome of an admin action could not be recorded');
    }
    return payload;
  });
}

function rightOf(request: FastifyRequest): AdminRight {
  return request.routeOptions.config.adminRight as AdminRight;
}

function isAction(request: FastifyRequest): boolean {
  return rightOf(request) !== 'read';
}

function actionOf(request: FastifyRequest, outcome: AdminOutcome) {
  const { name, tokenId, role } = request.adminCaller as AdminCaller;
  const route = (request.routeOptions.url ?? '').slice(ADMIN_PREFIX.length);
  const details = request.body === undefined || request.body === null ? '' : JSON.stringify(request.body);
  return {
    actor: name,
    tokenId,
    role,
    address: request.ip,
    action: `${request.method} ${route}`,
    target: (request.url.split('?', 1)[0] as string).slice(ADMIN_PREFIX.length).slice(0, PATH_LENGTH_MAX),
    details: details.length > DETAILS_LENGTH_MAX ? `${details.slice(0, DETAILS_LENGTH_MAX)}…` : details,
    outcome,
    errorCode: request.adminErrorCode,
    result: request.adminResult,
  };
}
