// The operator's API: /admin/v1, guarded by one bearer token, off when there is none.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { equalSecrets } from '../auth/signature.ts';
import { ApiError, EdgeReject } from '../errors.ts';
import { acceptJson } from '../native/jsonBody.ts';
import { validatorCompiler } from '../native/validation.ts';
import type { EdgeApi } from '../server.ts';
import { accountRoutes } from './accounts.ts';
import { secretRoutes } from './secrets.ts';
import { venueRoutes } from './venue.ts';

const BEARER = /^Bearer +([^\s]{1,512})$/i;

export const adminApi: EdgeApi = async ({ app, exchange, config }) => {
  const { adminToken } = config;
  await app.register(
    async (scope) => {
      acceptJson(scope);
      scope.setValidatorCompiler(validatorCompiler);
      // Before the body is read: who is not the operator costs nothing.
      scope.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => {
        if (adminToken === '') return done(new ApiError(EdgeReject.ADMIN_DISABLED));
        const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
        if (token !== undefined && equalSecrets(token, adminToken)) return done();
        reply.header('www-authenticate', 'Bearer');
        return done(new ApiError(EdgeReject.ADMIN_TOKEN));
      });
      accountRoutes(scope, exchange);
      venueRoutes(scope, exchange);
      secretRoutes(scope, exchange);
    },
    { prefix: '/admin/v1' },
  );
};
