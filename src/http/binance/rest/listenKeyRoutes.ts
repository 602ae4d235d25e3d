// POST, PUT and DELETE /api/v3/userDataStream. Switched off they answer 410, as Binance does since it retired them;
// switched on they need the key header and no signature, as they always did.
import { BinanceError } from '../binanceError.ts';
import type { BinanceEdge } from '../edge.ts';
import type { Verb } from '../methods/binanceMethod.ts';
import { missing } from '../params/paramErrors.ts';
import { identify } from '../security.ts';
import { callOf, type RestHandler } from './restCall.ts';
import { sendResult, weightHeaders } from './restReply.ts';

export const LISTEN_KEY_PATH = '/api/v3/userDataStream';
const WEIGHT = 2;

export function listenKeyRoutes(edge: BinanceEdge, add: (verb: Verb, path: string, handler: RestHandler) => void): void {
  for (const verb of ['POST', 'PUT', 'DELETE'] as const) {
    add(verb, LISTEN_KEY_PATH, async (request, reply) => {
      const call = callOf(request, verb);
      const { limits, listenKeys, exchange } = edge;
      const nowUs = exchange.clock.nowUs();
      if (listenKeys === undefined) throw new BinanceError(-1016, 'This service is no longer available.', 410);
      const { accountId, apiKey } = identify(exchange.registry, call);
      limits.addresses.charge(call.ip, WEIGHT, nowUs);
      weightHeaders(reply, edge, call.ip);
      if (verb === 'POST') return sendResult(reply, { listenKey: listenKeys.open(accountId, apiKey, nowUs) });
      const listenKey = call.params.get('listenKey');
      if (listenKey === undefined || listenKey === '') throw missing('listenKey');
      const found =
        verb === 'PUT' ? listenKeys.keepAlive(listenKey, accountId, apiKey, nowUs) : listenKeys.close(listenKey, accountId, nowUs);
      if (!found) throw new BinanceError(-1125, 'This listenKey does not exist.');
      return sendResult(reply, {});
    });
  }
}
