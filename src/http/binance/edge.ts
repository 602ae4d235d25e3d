// One Binance call from end to end, whatever carried it: weight, security, parameters, the method.
// In: a method and a call. Out: its result or the error as clients read it; it never rejects.
import { type ExchangePort, OutcomeUnknownError, OverloadShedError } from '../../ports/exchangePort.ts';
import { HistoryUnavailableError } from '../../ports/historyQueries.ts';
import { BinanceError } from './binanceError.ts';
import { type ListenKeyLookup, ListenKeys } from './listenKeys.ts';
import { type BinanceMethod, type Call, envelopeOf, type MethodContext } from './methods/binanceMethod.ts';
import { RateLimits } from './rateLimits/rateLimits.ts';
import { authorise, checkTiming } from './security.ts';
import { type BinanceSettings, DEFAULT_BINANCE_SETTINGS } from './settings.ts';
import { timePrinter } from './timeUnit.ts';

export type Outcome =
  | { readonly ok: true; readonly result: unknown; readonly accountId: number }
  | { readonly ok: false; readonly error: BinanceError; readonly accountId: number };

export interface EdgeOptions {
  readonly exchange: ExchangePort;
  readonly settings?: Partial<BinanceSettings>;
  /** Told of errors no client caused: they are answered -1000 and belong in the log. */
  readonly onUnexpected?: (error: unknown, method: BinanceMethod) => void;
}

export class BinanceEdge {
  readonly exchange: ExchangePort;
  readonly settings: BinanceSettings;
  readonly limits: RateLimits;
  /** Undefined where the retired listenKeys are switched off. */
  readonly listenKeys: ListenKeys | undefined;
  readonly #onUnexpected: (error: unknown, method: BinanceMethod) => void;

  constructor(options: EdgeOptions) {
    this.exchange = options.exchange;
    this.settings = { ...DEFAULT_BINANCE_SETTINGS, ...options.settings };
    this.limits = new RateLimits(this.settings.rateLimits, options.exchange.accountEvents);
    this.listenKeys = this.settings.legacyListenKeys ? new ListenKeys() : undefined;
    this.#onUnexpected = options.onUnexpected ?? (() => {});
  }

  /** accountId is 0 until the caller is known. */
  async execute(method: BinanceMethod, call: Call): Promise<Outcome> {
    const { exchange, limits } = this;
    const nowUs = exchange.clock.nowUs();
    let accountId = 0;
    try {
      const weight = method.weight(call.params);
      limits.addresses.charge(call.ip, weight, nowUs);
      // Before the signature, which costs more than all the rest of a refusal: under overload its time is the accepted orders'.
      if (method.security === 'TRADE' && exchange.sheds()) throw serverBusy();
      const caller = method.security === 'NONE' ? undefined : authorise(exchange.registry, method.security, call, nowUs);
      accountId = caller?.key.accountId ?? 0;
      const params = method.params.parse(call.params, envelopeOf(method, call.transport));
      const ctx: MethodContext = {
        exchange,
        limits,
        settings: this.settings,
        transport: call.transport,
        ip: call.ip,
        nowUs,
        timeUnit: call.timeUnit,
        time: timePrinter(call.timeUnit),
        apiKey: caller?.key,
        accountId,
      };
      // Signature checks and queues take time: the window must still be open when the call is handed on.
      if (caller !== undefined) checkTiming(caller.timing, exchange.clock.nowUs());
      const result = await method.handle(ctx, params);
      if (method.freeOnSuccess) limits.addresses.refund(call.ip, weight, nowUs, exchange.clock.nowUs());
      return { ok: true, result, accountId };
    } catch (error) {
      return { ok: false, error: this.#asBinance(error, method), accountId };
    }
  }

  /** What the streams ask of listenKeys; undefined where they are switched off. */
  listenKeyLookup(): ListenKeyLookup | undefined {
    const { listenKeys } = this;
    if (listenKeys === undefined) return undefined;
    const { clock, registry } = this.exchange;
    return {
      accountOf(text) {
        const holder = listenKeys.holderOf(text, clock.nowUs());
        const key = holder === undefined ? undefined : registry.apiKey(holder.apiKey);
        return key === undefined || key.revoked ? undefined : holder?.accountId;
      },
      hasExpired: (text) => listenKeys.hasExpired(text, clock.nowUs()),
    };
  }

  close(): void {
    this.limits.close();
  }

  #asBinance(error: unknown, method: BinanceMethod): BinanceError {
    if (error instanceof BinanceError) return error;
    if (error instanceof OutcomeUnknownError) {
      return new BinanceError(
        -1007,
        'Timeout waiting for response from backend server. Send status unknown; execution status unknown.',
        504,
      );
    }
    if (error instanceof OverloadShedError) return serverBusy();
    if (error instanceof HistoryUnavailableError) {
      return new BinanceError(-1001, 'Internal error; unable to process your request. Please try again.', 503);
    }
    this.#onUnexpected(error, method);
    return new BinanceError(-1000, 'An unknown error occurred while processing the request.', 500);
  }
}

function serverBusy(): BinanceError {
  return new BinanceError(-1008, 'Server is currently overloaded with other requests. Please try again in a few minutes.', 503);
}
