// A "no" as Binance clients read it: a code and a text they match on, and an HTTP status (REST) or `status` (WS-API).
// In: thrown by parameter parsing, security, rate limits and methods. Out: formatted once per transport.

export class BinanceError extends Error {
  override name = 'BinanceError';
  constructor(
    readonly code: number,
    /** The exact text of the `msg` field. */
    readonly msg: string,
    readonly httpStatus = 400,
    /** cancelReplace: the four results (REST: beside code and msg; WS-API: inside error). Rate limits: {serverTime, retryAfter}. */
    readonly data: unknown = undefined,
    /** 429 and 418: seconds for the Retry-After header. */
    readonly retryAfterSeconds: number | undefined = undefined,
  ) {
    super(msg);
  }
}
