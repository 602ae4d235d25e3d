// A "no" as Binance clients read it: a code and a text they match on, and an HTTP status (REST) or `status` (WS-API).
// In: thrown by parameter parsing, security, rate limits and methods. Out: formatted once per transport.
import { RefusalError } from '../../ports/refusalError.ts';

export class BinanceError extends RefusalError {
  override name = 'BinanceError';
  readonly code: number;
  readonly httpStatus: number;
  /** cancelReplace: the four results (beside code and msg in both transports). Rate limits: {serverTime, retryAfter}. */
  readonly data: unknown;
  /** 429 and 418: seconds for the Retry-After header. */
  readonly retryAfterSeconds: number | undefined;

  /** `msg` is the exact text of the msg field. */
  constructor(code: number, msg: string, httpStatus = 400, data?: unknown, retryAfterSeconds?: number) {
    super(msg);
    this.code = code;
    this.httpStatus = httpStatus;
    this.data = data;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  get msg(): string {
    return this.message;
  }
}
