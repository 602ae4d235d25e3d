// An HTTP request as the call it makes, and the type of the handlers that answer it.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { plainAddress } from '../../auth/addressList.ts';
import { BinanceError } from '../binanceError.ts';
import type { Call, Verb } from '../methods/binanceMethod.ts';
import { parseTimeUnit } from '../timeUnit.ts';
import { queryOf, rawParams, signedPayload } from './rawRequest.ts';

/** A handler of this API answers itself; what it throws is a bug or a BinanceError of the request's form. */
export type RestHandler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** The call a request makes; throws BinanceError when its form is wrong. */
export function callOf(request: FastifyRequest, verb: Verb): Call {
  const query = queryOf(request.raw.url as string);
  const body = verb !== 'GET' && typeof request.body === 'string' ? request.body : '';
  const { headers } = request;
  refuseSbe(headers.accept);
  const apiKey = headers['x-mbx-apikey'];
  return {
    transport: 'REST',
    params: rawParams(query, body),
    ip: plainAddress(request.ip),
    timeUnit: parseTimeUnit(headers['x-mbx-time-unit'] as string | undefined),
    apiKey: typeof apiKey === 'string' ? apiKey : undefined,
    sessionKey: undefined,
    payloads: () => [signedPayload(query, body)],
  };
}

/** Clients that take nothing but SBE get 406; those that also take JSON get JSON. */
function refuseSbe(accept: string | undefined): void {
  if (accept?.includes('application/sbe') && !accept.includes('application/json')) {
    throw new BinanceError(-1155, 'SBE is not enabled.', 406);
  }
}
