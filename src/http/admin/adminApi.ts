// The operator's API: /admin/v1, guarded by tokens with roles, off when there is no token at all.
import { acceptJson } from '../native/jsonBody.ts';
import { validatorCompiler } from '../native/validation.ts';
import type { Edge, EdgeApi } from '../server.ts';
import { accessRoutes } from './access.ts';
import { accountRoutes } from './accounts.ts';
import { ADMIN_PREFIX, guard } from './guard.ts';
import { secretRoutes } from './secrets.ts';
import { venueRoutes } from './venue.ts';

export const adminApi: EdgeApi = async (edge: Edge) => {
  const { app, exchange } = edge;
  await app.register(
    async (scope) => {
      acceptJson(scope);
      scope.setValidatorCompiler(validatorCompiler);
      guard(scope, edge);
      accountRoutes(scope, exchange);
      venueRoutes(scope, exchange);
      secretRoutes(scope, exchange);
      accessRoutes(scope, exchange);
    },
    { prefix: ADMIN_PREFIX },
  );
};
