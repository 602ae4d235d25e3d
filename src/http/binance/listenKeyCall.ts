// The three calls of the retired listenKeys, whichever transport carries them: they need the key and no signature.
import { BinanceError } from './binanceError.ts';
import type { BinanceEdge } from './edge.ts';
import type { ListenKeys } from './listenKeys.ts';
import type { Call } from './methods/binanceMethod.ts';
import { missing } from './params/paramErrors.ts';
import { identify } from './security.ts';

export type ListenKeyVerb = 'POST' | 'PUT' | 'DELETE';

/** Their names on the WebSocket API; known there only while listenKeys are switched on. */
export const LISTEN_KEY_METHODS: ReadonlyMap<string, ListenKeyVerb> = new Map([
  ['userDataStream.start', 'POST'],
  ['userDataStream.ping', 'PUT'],
  ['userDataStream.stop', 'DELETE'],
]);

const WEIGHT = 2;

/** The result; throws BinanceError. */
export function listenKeyCall(edge: BinanceEdge, listenKeys: ListenKeys, verb: ListenKeyVerb, call: Call): unknown {
  const { limits, exchange } = edge;
  const nowUs = exchange.clock.nowUs();
  const { accountId, apiKey } = identify(exchange.registry, call);
  limits.addresses.charge(call.ip, WEIGHT, nowUs);
  if (verb === 'POST') return { listenKey: listenKeys.open(accountId, apiKey, nowUs) };
  const listenKey = call.params.get('listenKey');
  if (listenKey === undefined || listenKey === '') throw missing('listenKey');
  const found = verb === 'PUT' ? listenKeys.keepAlive(listenKey, accountId, apiKey, nowUs) : listenKeys.close(listenKey, accountId, nowUs);
  if (!found) throw new BinanceError(-1125, 'This listenKey does not exist.');
  return {};
}
