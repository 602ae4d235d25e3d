// The methods that concern the connection itself: who it is logged on as and which accounts it hears of. Everything else is
// in the shared method table.
import type { ApiKey } from '../../../domain/accountProfile.ts';
import { assert } from '../../../domain/assert.ts';
import { BinanceError } from '../binanceError.ts';
import { type BinanceMethod, defineMethod } from '../methods/binanceMethod.ts';
import { int } from '../params/paramKinds.ts';
import type { RawParams } from '../params/rawParams.ts';
import type { TimePrinter } from '../timeUnit.ts';
import type { Subscriptions } from './subscriptions.ts';

/** What these methods read and change. */
export interface Session {
  readonly connectedUs: number;
  readonly returnRateLimits: boolean;
  readonly subscriptions: Subscriptions;
  readonly time: TimePrinter;
  key: ApiKey | undefined;
  authorizedUs: number;
}

export const SESSION_METHOD_WEIGHT = 2;

/** Signed: the shared edge checks weight, key, timing and signature; its result is the key. */
function signed(name: string): BinanceMethod {
  return defineMethod({
    name,
    security: 'USER_STREAM',
    weight: SESSION_METHOD_WEIGHT,
    params: {},
    handle: (ctx) => ctx.apiKey,
  }) as BinanceMethod;
}

export interface SessionMethod {
  readonly name: string;
  /** Undefined: open to everybody. */
  readonly signed: BinanceMethod | undefined;
  /** `key`: who signed. Throws BinanceError. */
  act(session: Session, params: RawParams, nowUs: number, key: ApiKey | undefined): unknown;
}

function status(session: Session, nowUs: number): unknown {
  const { key, time } = session;
  return {
    apiKey: key?.apiKey ?? null,
    authorizedSince: key === undefined ? null : time(session.authorizedUs),
    connectedSince: time(session.connectedUs),
    returnRateLimits: session.returnRateLimits,
    serverTime: time(nowUs),
    userDataStream: session.subscriptions.isAny,
  };
}

const METHODS: readonly SessionMethod[] = [
  {
    name: 'session.logon',
    signed: signed('session.logon'),
    act(session, _params, nowUs, key) {
      session.key = key;
      session.authorizedUs = nowUs;
      return status(session, nowUs);
    },
  },
  {
    name: 'session.status',
    signed: undefined,
    act: (session, _params, nowUs) => status(session, nowUs),
  },
  {
    name: 'session.logout',
    signed: undefined,
    act(session, _params, nowUs) {
      session.subscriptions.closeOfSession();
      session.key = undefined;
      session.authorizedUs = 0;
      return status(session, nowUs);
    },
  },
  {
    name: 'session.subscriptions',
    signed: undefined,
    act: (session) => session.subscriptions.ids().map((subscriptionId) => ({ subscriptionId })),
  },
  {
    name: 'userDataStream.subscribe',
    signed: undefined,
    act(session) {
      if (session.key === undefined) {
        throw new BinanceError(-1002, 'You are not authorized to execute this request.', 401);
      }
      return { subscriptionId: session.subscriptions.open(session.key, true) };
    },
  },
  {
    name: 'userDataStream.subscribe.signature',
    signed: signed('userDataStream.subscribe.signature'),
    act(session, _params, _nowUs, key) {
      assert(key !== undefined, 'a signed method without a key');
      return { subscriptionId: session.subscriptions.open(key, false) };
    },
  },
  {
    name: 'userDataStream.unsubscribe',
    signed: undefined,
    act(session, params) {
      const id = params.get('subscriptionId');
      session.subscriptions.close(id === undefined ? undefined : int.parse('subscriptionId', id));
      return {};
    },
  },
];

export const SESSION_METHODS: ReadonlyMap<string, SessionMethod> = new Map(METHODS.map((method) => [method.name, method]));
