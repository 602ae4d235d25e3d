// One client of the WebSocket API. In: its requests. Out: answers in the order they are ready, and user data events.
import type { ApiKey } from '../../../domain/accountProfile.ts';
import { isAllowedAddress } from '../../auth/addressList.ts';
import { BinanceError } from '../binanceError.ts';
import type { BinanceEdge, Outcome } from '../edge.ts';
import { LISTEN_KEY_METHODS, type ListenKeyVerb, listenKeyCall } from '../listenKeyCall.ts';
import type { ListenKeys } from '../listenKeys.ts';
import type { BinanceMethod, Call } from '../methods/binanceMethod.ts';
import type { RawParams } from '../params/rawParams.ts';
import type { RateLimitRow } from '../rateLimits/rateLimits.ts';
import { rejectedKey } from '../security.ts';
import type { SocketSettings } from '../sockets/socketSettings.ts';
import { type TimeUnit, timePrinter } from '../timeUnit.ts';
import { serverShutdown } from '../userData/accountPayload.ts';
import type { UserDataHub } from '../userData/userDataHub.ts';
import { SESSION_METHOD_WEIGHT, SESSION_METHODS, type Session, type SessionMethod } from './sessionMethods.ts';
import { Subscriptions } from './subscriptions.ts';
import { parseWsRequest, type WsRequest, WsRequestError } from './wsRequest.ts';
import { errorText, resultText } from './wsResponse.ts';

export interface WsApiConnectionOptions {
  readonly edge: BinanceEdge;
  /** By WS-API name. */
  readonly methods: ReadonlyMap<string, BinanceMethod>;
  readonly userData: UserDataHub;
  readonly settings: Pick<SocketSettings, 'subscriptionsMax' | 'subscriptionIdsMax'>;
  readonly ip: string;
  readonly timeUnit: TimeUnit;
  readonly returnRateLimits: boolean;
  readonly send: (text: string) => void;
}

export class WsApiConnection {
  readonly #options: WsApiConnectionOptions;
  readonly #session: Session;
  #inFlight = 0;
  /** A signed session request under way: what was sent after it is answered as who it made the session. */
  #signingOn: Promise<unknown> | undefined;

  constructor(options: WsApiConnectionOptions) {
    this.#options = options;
    const { clock } = options.edge.exchange;
    this.#session = {
      connectedUs: clock.nowUs(),
      returnRateLimits: options.returnRateLimits,
      time: timePrinter(options.timeUnit),
      key: undefined,
      authorizedUs: 0,
      subscriptions: new Subscriptions({
        hub: options.userData,
        timeUnit: options.timeUnit,
        activeMax: options.settings.subscriptionsMax,
        idsMax: options.settings.subscriptionIdsMax,
        nowUs: () => clock.nowUs(),
        isGood: (key) => this.#isGood(key),
        send: options.send,
      }),
    };
  }

  /** Requests that wait for their answer. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Resolves when the answer was sent; rejects only on a bug. */
  async onMessage(text: string): Promise<void> {
    this.#inFlight++;
    try {
      while (this.#signingOn !== undefined) await this.#signingOn;
      this.#options.send(await this.#answer(text));
    } finally {
      this.#inFlight--;
    }
  }

  announceShutdown(nowUs: number): void {
    this.#options.send(`{"event":${serverShutdown(nowUs, this.#session.time)}}`);
  }

  dispose(): void {
    this.#session.subscriptions.dispose();
  }

  async #answer(text: string): Promise<string> {
    if (this.#session.key !== undefined && !this.#isGood(this.#session.key)) {
      this.#session.subscriptions.closeOfSession();
      this.#session.key = undefined;
      this.#session.authorizedUs = 0;
      return errorText('null', rejectedKey());
    }
    let request: WsRequest;
    try {
      request = parseWsRequest(text);
    } catch (error) {
      if (!(error instanceof WsRequestError)) throw error;
      return errorText(error.id, error.error, this.#limitsUnlessHidden(undefined, 0));
    }
    const own = SESSION_METHODS.get(request.method);
    if (own?.signed !== undefined) {
      const answer = this.#sessionAnswer(own, request);
      this.#signingOn = answer.finally(() => {
        this.#signingOn = undefined;
      });
      return answer;
    }
    if (own !== undefined) return this.#sessionAnswer(own, request);
    const verb = LISTEN_KEY_METHODS.get(request.method);
    const { listenKeys } = this.#options.edge;
    if (verb !== undefined && listenKeys !== undefined) return this.#listenKeyAnswer(listenKeys, verb, request);
    const method = this.#options.methods.get(request.method);
    if (method === undefined) {
      const error = new BinanceError(-1020, 'This operation is not supported.', 404);
      return errorText(request.id, error, this.#limitsUnlessHidden(request.params, 0));
    }
    return this.#format(request, await this.#options.edge.execute(method, this.#call(request)), method);
  }

  async #sessionAnswer(own: SessionMethod, request: WsRequest): Promise<string> {
    const outcome = await this.#sessionOutcome(own, request);
    return this.#format(request, outcome, undefined);
  }

  async #sessionOutcome(own: SessionMethod, request: WsRequest): Promise<Outcome> {
    const { edge, ip } = this.#options;
    const nowUs = edge.exchange.clock.nowUs();
    let key: ApiKey | undefined;
    if (own.signed !== undefined) {
      const authorised = await edge.execute(own.signed, { ...this.#call(request), sessionKey: undefined });
      if (!authorised.ok) return authorised;
      key = authorised.result as ApiKey;
    }
    try {
      if (own.signed === undefined) edge.limits.addresses.charge(ip, SESSION_METHOD_WEIGHT, nowUs);
      return { ok: true, result: own.act(this.#session, request.params, nowUs, key), accountId: key?.accountId ?? 0 };
    } catch (error) {
      if (!(error instanceof BinanceError)) throw error;
      return { ok: false, error, accountId: key?.accountId ?? 0 };
    }
  }

  #listenKeyAnswer(listenKeys: ListenKeys, verb: ListenKeyVerb, request: WsRequest): string {
    let outcome: Outcome;
    try {
      outcome = { ok: true, result: listenKeyCall(this.#options.edge, listenKeys, verb, this.#call(request)), accountId: 0 };
    } catch (error) {
      if (!(error instanceof BinanceError)) throw error;
      outcome = { ok: false, error, accountId: 0 };
    }
    return this.#format(request, outcome, undefined);
  }

  #call(request: WsRequest): Call {
    return {
      transport: 'WS',
      params: request.params,
      ip: this.#options.ip,
      timeUnit: this.#options.timeUnit,
      apiKey: request.params.get('apiKey'),
      sessionKey: this.#session.key,
      payloads: () => request.payloads(),
    };
  }

  #format(request: WsRequest, outcome: Outcome, method: BinanceMethod | undefined): string {
    const countsOrders = method !== undefined && method.unfilledOrders > 0;
    const limits = this.#limitsUnlessHidden(request.params, countsOrders ? outcome.accountId : 0);
    return outcome.ok ? resultText(request.id, outcome.result, limits) : errorText(request.id, outcome.error, limits);
  }

  /** `accountId` 0: the request counts no orders, or nobody knows whose. */
  #limitsUnlessHidden(params: RawParams | undefined, accountId: number): RateLimitRow[] | undefined {
    const said = params?.get('returnRateLimits');
    const shown = said === undefined ? this.#options.returnRateLimits : said.toLowerCase() !== 'false';
    if (!shown) return undefined;
    const { limits, exchange } = this.#options.edge;
    return limits.report(this.#options.ip, accountId === 0 ? undefined : accountId, exchange.clock.nowUs());
  }

  #isGood(key: ApiKey): boolean {
    const current = this.#options.edge.exchange.registry.apiKey(key.apiKey);
    return current !== undefined && !current.revoked && isAllowedAddress(current.ipAllowList, this.#options.ip);
  }
}
