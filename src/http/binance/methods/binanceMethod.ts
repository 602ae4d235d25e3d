// What one Binance method is, whichever transport carries it. The table of them is methods/index.ts; REST routes and
// WS-API method names are both read from it.
import type { ApiKey } from '../../../domain/accountProfile.ts';
import type { ExchangePort } from '../../../ports/exchangePort.ts';
import type { Parsed, Spec } from '../params/paramSpec.ts';
import { type Envelope, ParamSpec } from '../params/paramSpec.ts';
import type { RawParams } from '../params/rawParams.ts';
import type { RateLimits } from '../rateLimits/rateLimits.ts';
import type { BinanceSettings } from '../settings.ts';
import type { TimePrinter, TimeUnit } from '../timeUnit.ts';

export type Security = 'NONE' | 'TRADE' | 'USER_DATA' | 'USER_STREAM';
export type Transport = 'REST' | 'WS';
export type Verb = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface RestRoute {
  readonly verb: Verb;
  /** With its base: '/api/v3/order'. */
  readonly path: string;
}

/** One call as a transport received it. */
export interface Call {
  readonly transport: Transport;
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
  readonly limits: RateLimits;
  readonly settings: BinanceSettings;
  readonly transport: Transport;
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
  /** The method's own parameters, without timestamp, recvWindow, signature and apiKey. */
  readonly params: ParamSpec<Spec>;
  /** Request weight, known before the parameters are checked: anything unreadable costs the least. */
  weight(params: RawParams): number;
  /** Order placement and cancels cost their weight only when they fail. */
  readonly freeOnSuccess: boolean;
  /** Unfilled orders it adds to the account's count: the method counts them right before it hands the orders on. */
  readonly unfilledOrders: number;
  /** The JSON-ready result; throws BinanceError. */
  handle(ctx: MethodContext, params: P): unknown | Promise<unknown>;
}

export interface MethodDefinition<S extends Spec> {
  readonly name: string;
  /** 'GET /api/v3/ping' */
  readonly rest?: readonly `${Verb} /${string}`[];
  readonly security?: Security;
  readonly weight: number | ((params: RawParams) => number);
  readonly freeOnSuccess?: boolean;
  readonly unfilledOrders?: number;
  /** In the order Binance reads them. */
  readonly params: S;
  handle(ctx: MethodContext, params: Parsed<S>): unknown | Promise<unknown>;
}

export function defineMethod<const S extends Spec>(definition: MethodDefinition<S>): BinanceMethod<Parsed<S>> {
  const { weight } = definition;
  return {
    name: definition.name,
    restRoutes: (definition.rest ?? []).map((route) => {
      const [verb, path] = route.split(' ') as [Verb, string];
      return { verb, path };
    }),
    security: definition.security ?? 'NONE',
    params: new ParamSpec<Spec>(definition.params),
    weight: typeof weight === 'number' ? () => weight : weight,
    freeOnSuccess: definition.freeOnSuccess ?? false,
    unfilledOrders: definition.unfilledOrders ?? 0,
    handle: definition.handle.bind(definition),
  };
}

const REST_SIGNED: Envelope = { names: ['timestamp', 'recvWindow', 'signature'] };
const WS_PUBLIC: Envelope = { names: ['apiKey', 'returnRateLimits'] };
const WS_SIGNED: Envelope = { names: [...REST_SIGNED.names, ...WS_PUBLIC.names] };
const NOTHING: Envelope = { names: [] };

/** The parameters that are not the method's own. */
export function envelopeOf(method: BinanceMethod, transport: Transport): Envelope {
  if (transport === 'WS') return method.security === 'NONE' ? WS_PUBLIC : WS_SIGNED;
  return method.security === 'NONE' ? NOTHING : REST_SIGNED;
}
