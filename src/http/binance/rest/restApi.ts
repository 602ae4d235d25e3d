// The REST side of the Binance-compatible API: a route per method of the table, form and JSON bodies taken raw.
// In: HTTP requests. Out: the outcome of BinanceEdge.execute. Decides nothing itself.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { plainAddress } from '../../auth/addressList.ts';
import type { EdgeApi } from '../../server.ts';
import { BinanceError } from '../binanceError.ts';
import type { BinanceEdge } from '../edge.ts';
import type { BinanceMethod, Call, Verb } from '../methods/binanceMethod.ts';
import { BINANCE_METHODS } from '../methods/index.ts';
import { foreignRoutes } from './foreignRoutes.ts';
import { listenKeyRoutes } from './listenKeyRoutes.ts';
import { callOf, type RestHandler } from './restCall.ts';
import { orderCountHeaders, sendError, sendResult, weightHeaders } from './restReply.ts';

/** Answers by itself, when the outcome is there: a promise less per call than an async handler. */
function methodHandler(edge: BinanceEdge, method: BinanceMethod, verb: Verb): (request: FastifyRequest, reply: FastifyReply) => void {
  return (request, reply) => {
    let call: Call;
    try {
      call = callOf(request, verb);
    } catch (error) {
      sendMalformed(edge, request, reply, error);
      return;
    }
    edge
      .execute(method, call)
      .then((outcome) => {
        weightHeaders(reply, edge, call.ip);
        if (!outcome.ok) return sendError(reply, outcome.error);
        if (method.unfilledOrders > 0) orderCountHeaders(reply, edge, outcome.accountId);
        return sendResult(reply, outcome.result);
      })
      .catch((error: unknown) => reply.send(error));
  };
}

/** Requests of the wrong form (a time unit nobody knows, a parameter twice) cost the least weight there is. */
function sendMalformed(edge: BinanceEdge, request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
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

function takeBodiesRaw(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  // Clients say form, JSON or nothing, with and without a body: whatever it is called, it is parameters as text. Types that
  // are named are found without being parsed.
  for (const type of ['application/x-www-form-urlencoded', 'application/json', '*']) {
    scope.addContentTypeParser(type, { parseAs: 'string' }, (_request, body, done) => done(null, body));
  }
}

/** Registers the routes of `methods` (every one, unless a test says otherwise). */
export function binanceRestApi(edge: BinanceEdge, methods: readonly BinanceMethod[] = BINANCE_METHODS): EdgeApi {
  return async ({ app }) => {
    await app.register(async (scope) => {
      takeBodiesRaw(scope);
      const add = (verb: Verb, url: string, handler: RestHandler) => {
        scope.route({
          method: verb,
          url,
          handler: (request, reply) => handler(request, reply).catch((error: unknown) => sendMalformed(edge, request, reply, error)),
        });
      };
      for (const method of methods) {
        for (const { verb, path } of method.restRoutes) {
          scope.route({ method: verb, url: path, handler: methodHandler(edge, method, verb) });
        }
      }
      listenKeyRoutes(edge, add);
      if (edge.settings.foreignRoutes) foreignRoutes(edge, add);
      scope.addHook('onClose', async () => edge.close());
    });
  };
}
