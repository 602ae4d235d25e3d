// What one Binance method is, whichever transport carries it. The table of them is methods/index.ts; REST routes and
// WS-API method names are both read from it.
import type { ApiKey } from '../../../domain/accountProfile.ts';
import type { ExchangePort } from '../../../ports/exchangePort.ts';
import type { TimePrinter, TimeUnit } from '../timeUnit.ts';
import type { RawParams } from './rawParams.ts';

export type Security = 'NONE' | 'TRADE' | 'USER_DATA' | 'USER_STREAM';
export type Verb = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface RestRoute {
  readonly verb: Verb;
  /** With its base: '/api/v3/order'. */
  readonly path: string;
}

/** One call as a transport received it. */
export interface Call {
  readonly transport: 'REST' | 'WS';
  readonly params: RawParams;
  readonly ip: string;
  readonly timeUnit: TimeUnit;
  /** The key the client named: X-MBX-APIKEY or params.apiKey. */
  readonly apiKey: string | undefined;
  /** The key a WS-API session is logged on with: then apiKey and signature may be absent from the params. */
  readonly sessionKey: ApiKey | undefined;
  /** The texts any of which the client may have signed, likeliest first. Called only when there is a signature to check. */
  payloads(): readonly string[];
}

/** What a handler gets besides its parsed parameters. */
export interface MethodContext {
  readonly exchange: ExchangePort;
  readonly transport: 'REST' | 'WS';
  readonly ip: string;
  /** The server's time when the call arrived. */
  readonly nowUs: number;
  readonly timeUnit: TimeUnit;
  /** Microseconds to the unit the client asked for. */
  readonly time: TimePrinter;
  /** NONE methods: undefined and 0. */
  readonly apiKey: ApiKey | undefined;
  readonly accountId: number;
}

export interface BinanceMethod<P = unknown> {
  /** WS-API method name ('order.place'); '' where only REST has it. */
  readonly name: string;
  /** Empty where only the WS-API has it. */
  readonly restRoutes: readonly RestRoute[];
  readonly security: Security;
  /** Request weight, known before the parameters are checked: anything unreadable costs the least. */
  weight(params: RawParams): number;
  /** Order placement and cancels cost their weight only when they fail. */
  readonly freeOnSuccess: boolean;
  /** Unfilled orders it adds to the account's count (before its outcome is known). */
  readonly unfilledOrders: number;
  /** Parses and checks the parameters in Binance's order; throws BinanceError. */
  parse(raw: RawParams, ctx: MethodContext): P;
  /** The JSON-ready result; throws BinanceError. */
  handle(ctx: MethodContext, params: P): unknown | Promise<unknown>;
}
