// The native API: /api/spot. Puts together its routes, its body parser, its checks.
import { NativeAuth } from '../auth/nativeAuth.ts';
import type { EdgeApi } from '../server.ts';
import { NativeContext } from './context.ts';
import { acceptJson } from './jsonBody.ts';
import { listRoutes } from './lists.ts';
import { marketRoutes } from './market.ts';
import { orderRoutes } from './orders.ts';
import { userRoutes } from './user.ts';
import { compileInTurns, validatorCompiler } from './validation.ts';

export const nativeApi: EdgeApi = async ({ app, exchange, config, limitRate }) => {
  const context = new NativeContext(exchange, new NativeAuth(exchange, config.auth));
  app.addHook('onListen', async () => compileInTurns());
  await app.register(async (scope) => {
    acceptJson(scope);
    scope.addHook('onRequest', limitRate);
    scope.decorateRequest('apiKey');
    scope.setValidatorCompiler(validatorCompiler);
    await scope.register(
      async (orders) => {
        listRoutes(orders, context);
        orderRoutes(orders, context);
      },
      { prefix: '/api/spot/v2' },
    );
    await scope.register(async (user) => userRoutes(user, context), { prefix: '/api/spot/user' });
    await scope.register(async (market) => marketRoutes(market, context), { prefix: '/api/spot/market' });
  });
};
