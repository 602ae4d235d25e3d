// What the native routes share: the exchange, the check of signatures, lookups that answer the documented errors.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiKey } from '../../domain/accountProfile.ts';
import type { Instrument } from '../../domain/instrument.ts';
import { type ExchangePort, OverloadShedError } from '../../ports/exchangePort.ts';
import type { Page } from '../../ports/historyQueries.ts';
import { type NativeAuth, type Permission, signedParts } from '../auth/nativeAuth.ts';
import { ApiError, EdgeReject } from '../errors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who signed the request: set by the checks below, before anything else looks at it. */
    apiKey: ApiKey;
  }
}

type Check = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void;

export class NativeContext {
  readonly exchange: ExchangePort;
  /** preValidation hooks: who may not, learns nothing of what would have been valid. */
  readonly reads: Check;
  readonly trades: Check;

  constructor(exchange: ExchangePort, auth: NativeAuth) {
    this.exchange = exchange;
    this.reads = checkOf(auth, 'READ');
    const trades = checkOf(auth, 'TRADE');
    this.trades = (request, reply, done) => {
      // Before the signature, which costs more than all the rest of a refusal: under overload its time is the accepted orders'.
      if (exchange.sheds()) done(new OverloadShedError('the door is shut'));
      else trades(request, reply, done);
    };
  }

  instrument(symbol: string): Instrument {
    const instrument = this.exchange.registry.instrument(symbol);
    if (instrument === undefined) throw new ApiError(EdgeReject.BAD_SYMBOL);
    return instrument;
  }
}

function checkOf(auth: NativeAuth, permission: Permission): Check {
  return (request, _reply, done) => {
    const { raw } = request;
    const signed = { method: raw.method as string, url: raw.url as string, body: request.rawBody ?? undefined };
    try {
      request.apiKey = auth.check(signedParts(raw.headers), signed, request.ip, permission);
    } catch (error) {
      done(error as Error);
      return;
    }
    done();
  };
}

export interface PageQuery {
  readonly fromId?: number;
  readonly startTime?: number;
  readonly endTime?: number;
  readonly limit?: number;
}

const LIMIT_DEFAULT = 500;
/** The last millisecond whose microseconds are a safe integer. */
const TIME_MAX_MS = Math.floor(Number.MAX_SAFE_INTEGER / 1000) - 1;

export function pageOf(query: PageQuery): Page {
  const { fromId, startTime, endTime, limit = LIMIT_DEFAULT } = query;
  return {
    limit,
    ...(fromId === undefined ? {} : { fromId }),
    ...(startTime === undefined ? {} : { startUs: Math.min(startTime, TIME_MAX_MS) * 1000 }),
    // The whole of the last millisecond.
    ...(endTime === undefined ? {} : { endUs: Math.min(endTime, TIME_MAX_MS) * 1000 + 999 }),
  };
}
