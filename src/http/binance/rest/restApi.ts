// The REST side of the Binance-compatible API: a route per method of the table, form and JSON bodies taken raw.
// In: HTTP requests. Out: the outcome of BinanceEdge.execute. Decides nothing itself.
import type { FastifyInstance } from 'fastify';
import { plainAddress } from '../../auth/addressList.ts';
import type { EdgeApi } from '../../server.ts';
import { BinanceError } from '../binanceError.ts';
import type { BinanceEdge } from '../edge.ts';
import type { BinanceMethod, Verb } from '../methods/binanceMethod.ts';
import { BINANCE_METHODS } from '../methods/index.ts';
import { foreignRoutes } from './foreignRoutes.ts';
import { listenKeyRoutes } from './listenKeyRoutes.ts';
import { callOf, type RestHandler } from './restCall.ts';
import { orderCountHeaders, sendError, sendResult, weightHeaders } from './restReply.ts';

function methodHandler(edge: BinanceEdge, method: BinanceMethod, verb: Verb): RestHandler {
  return async (request, reply) => {
    const call = callOf(request, verb);
    const outcome = await edge.execute(method, call);
    weightHeaders(reply, edge, call.ip);
    if (!outcome.ok) return sendError(reply, outcome.error);
    if (method.unfilledOrders > 0) orderCountHeaders(reply, edge, outcome.accountId);
    return sendResult(reply, outcome.result);
  };
}

/** Requests of the wrong form (a time unit nobody knows, a parameter twice) cost the least weight there is. */
function answerMalformed(edge: BinanceEdge, handler: RestHandler): RestHandler {
  return async (request, reply) => {
    try {
      return await handler(request, reply);
    } catch (error) {
      if (!(error instanceof BinanceError)) throw error;
      const ip = plainAddress(request.ip);
      let told = error;
      try {
        edge.limits.addresses.charge(ip, 1, edge.exchange.clock.nowUs());
      } catch (limit) {
        if (!(limit instanceof BinanceError)) throw limit;
        told = limit;
      }
      weightHeaders(reply, edge, ip);
      return sendError(reply, told);
    }
  };
}

function takeBodiesRaw(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  // Clients say form, JSON or nothing, with and without a body: whatever it is called, it is parameters as text.
  scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
}

/** Registers the routes of `methods` (every one, unless a test says otherwise). */
export function binanceRestApi(edge: BinanceEdge, methods: readonly BinanceMethod[] = BINANCE_METHODS): EdgeApi {
  return async ({ app }) => {
    await app.register(async (scope) => {
      takeBodiesRaw(scope);
      const add = (verb: Verb, url: string, handler: RestHandler) => {
        scope.route({ method: verb, url, handler: answerMalformed(edge, handler) });
      };
      for (const method of methods) {
        for (const { verb, path } of method.restRoutes) add(verb, path, methodHandler(edge, method, verb));
      }
      listenKeyRoutes(edge, add);
      if (edge.settings.foreignRoutes) foreignRoutes(edge, add);
      scope.addHook('onClose', async () => edge.close());
    });
  };
}
