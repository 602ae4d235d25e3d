// POST, PUT and DELETE /api/v3/userDataStream. Switched off they answer 410, as Binance does since it retired them.
import { BinanceError } from '../binanceError.ts';
import type { BinanceEdge } from '../edge.ts';
import { listenKeyCall } from '../listenKeyCall.ts';
import type { Verb } from '../methods/binanceMethod.ts';
import { callOf, type RestHandler } from './restCall.ts';
import { sendResult, weightHeaders } from './restReply.ts';

export const LISTEN_KEY_PATH = '/api/v3/userDataStream';

export function listenKeyRoutes(edge: BinanceEdge, add: (verb: Verb, path: string, handler: RestHandler) => void): void {
  for (const verb of ['POST', 'PUT', 'DELETE'] as const) {
    add(verb, LISTEN_KEY_PATH, async (request, reply) => {
      const call = callOf(request, verb);
      const { listenKeys } = edge;
      if (listenKeys === undefined) throw new BinanceError(-1016, 'This service is no longer available.', 410);
      const result = listenKeyCall(edge, listenKeys, verb, call);
      weightHeaders(reply, edge, call.ip);
      return sendResult(reply, result);
    });
  }
}
