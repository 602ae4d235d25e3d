// The one table of the edge's errors: what an API answers before (or instead of) the engine's own refusals, which stand in
// domain/rejectReason.ts. Codes and texts are Binance's where Binance has the case: clients match on both. docs/errors.md
// is equal to both tables by test. `{name}` in a text stands for a parameter.
import type { EngineReason, RejectReason } from '../domain/rejectReason.ts';
import { OutcomeUnknownError, OverloadShedError } from '../ports/exchangePort.ts';
import { HistoryUnavailableError } from '../ports/historyQueries.ts';
import { RefusalError } from '../ports/refusalError.ts';

export type EdgeReason = RejectReason;

const edge = (code: number, httpStatus: number, text: string): EdgeReason => ({ code, httpStatus, text });

export const EdgeReject = {
  UNKNOWN: edge(-1000, 500, 'An unknown error occurred while processing the request.'),
  UNAVAILABLE: edge(-1001, 503, 'Internal error; unable to process your request. Please try again.'),
  TOO_MANY_REQUESTS: edge(-1003, 429, 'Too many requests; current limit is {limit} per {interval}.'),
  TIMEOUT: edge(-1007, 504, 'Timeout waiting for response from backend server. Send status unknown; execution status unknown.'),
  SERVER_BUSY: edge(-1008, 503, 'Server is currently overloaded with other requests. Please try again in a few minutes.'),
  NOT_FOUND: edge(-1020, 404, 'This operation is not supported: no such path.'),
  METHOD_NOT_ALLOWED: edge(-1020, 405, 'This operation is not supported: allowed here is {methods}.'),
  UPGRADE_REQUIRED: edge(-1020, 426, 'This path speaks WebSocket only.'),
  BODY_TOO_LARGE: edge(-1101, 413, 'Too much data sent: the body may have {limit} bytes.'),
  URL_TOO_LONG: edge(-1101, 414, 'Too much data sent: the URL may have {limit} characters.'),
  HEADERS_TOO_LARGE: edge(-1101, 431, 'Too much data sent: the headers are too large.'),
  MEDIA_TYPE: edge(-1020, 415, 'This operation is not supported: the body has to be {type}.'),
  REQUEST_TIMEOUT: edge(-1102, 408, 'The request was not sent in time.'),
  MALFORMED_REQUEST: edge(-1100, 400, 'Illegal characters found in the request.'),
  TIMESTAMP_OUTSIDE: edge(-1021, 400, 'Timestamp for this request is outside of the recvWindow.'),
  TIMESTAMP_AHEAD: edge(-1021, 400, "Timestamp for this request was {ms}ms ahead of the server's time."),
  INVALID_SIGNATURE: edge(-1022, 400, 'Signature for this request is not valid.'),
  REPLAYED: edge(-1022, 400, 'Signature for this request was used before: every request needs its own.'),
  ILLEGAL_CHARS: edge(-1100, 400, "Illegal characters found in parameter '{name}'; legal range is '{range}'."),
  DUPLICATE_PARAM: edge(-1101, 400, 'Duplicate values for a parameter detected.'),
  MANDATORY: edge(-1102, 400, "Mandatory parameter '{name}' was not sent, was empty/null, or malformed."),
  MANDATORY_ONE_OF: edge(-1102, 400, "Param '{a}' or '{b}' must be sent, but both were empty/null!"),
  UNKNOWN_PARAM: edge(-1103, 400, "An unknown parameter was sent: '{name}'."),
  EMPTY_PARAM: edge(-1105, 400, "Parameter '{name}' was empty."),
  NOT_REQUIRED: edge(-1106, 400, "Parameter '{name}' sent when not required."),
  OVERFLOW: edge(-1108, 400, "Parameter '{name}' overflowed."),
  BAD_PRECISION: edge(-1111, 400, "Parameter '{name}' has too much precision."),
  TIF_NOT_REQUIRED: edge(-1114, 400, 'TimeInForce parameter sent when not required.'),
  INVALID_TIF: edge(-1115, 400, 'Invalid timeInForce.'),
  INVALID_ORDER_TYPE: edge(-1116, 400, 'Invalid orderType.'),
  INVALID_SIDE: edge(-1117, 400, 'Invalid side.'),
  BAD_INTERVAL: edge(-1120, 400, 'Invalid interval.'),
  BAD_SYMBOL: edge(-1121, 400, 'Invalid symbol.'),
  BAD_COMBINATION: edge(-1128, 400, 'Combination of optional parameters invalid: {rule}.'),
  INVALID_PARAM: edge(-1130, 400, "Data sent for parameter '{name}' is not valid."),
  STRATEGY_TYPE: edge(-1134, 400, '`strategyType` was less than 1000000.'),
  INVALID_JSON: edge(-1135, 400, 'Invalid JSON Request'),
  INEXACT_NUMBER: edge(-1135, 400, "JSON number '{number}' is not exact: send at most 15 digits without exponent, or a string."),
  CANCEL_RESTRICTIONS: edge(-1145, 400, '`cancelRestrictions` has to be either `ONLY_NEW` or `ONLY_PARTIALLY_FILLED`.'),
  PEG_PRICE_TYPE: edge(-1210, 400, 'Invalid pegPriceType.'),
  PEG_OFFSET_TYPE: edge(-1211, 400, 'Invalid pegOffsetType.'),
  OPO_PENDING_QUANTITY: edge(-1225, 400, "Pending orders should not include the '{name}' tag."),
  NO_SUCH_ORDER: edge(-2013, 404, 'Order does not exist.'),
  NO_SUCH_LIST: edge(-2018, 404, 'Order list does not exist.'),
  BAD_API_KEY_FORMAT: edge(-2014, 401, 'API-key format invalid.'),
  REJECTED_KEY: edge(-2015, 401, 'Invalid API-key, IP, or permissions for action.'),
  REPLACE_PARTIAL: edge(-2021, 409, 'Order cancel-replace partially failed.'),
  REPLACE_FAILED: edge(-2022, 400, 'Order cancel-replace failed.'),
  ADMIN_DISABLED: edge(-4100, 403, 'The admin API is off: no token is configured.'),
  ADMIN_TOKEN: edge(-4101, 401, 'The admin token is missing or wrong.'),
  NO_SUCH_ACCOUNT: edge(-4003, 404, 'Unknown account.'),
  NO_SUCH_KEY: edge(-4102, 404, 'Unknown API key.'),
  NO_SUCH_SYMBOL: edge(-4103, 404, 'Unknown symbol.'),
  BAD_PUBLIC_KEY: edge(-4104, 400, 'Public key not accepted: {why}.'),
  BAD_INSTRUMENT: edge(-4105, 400, 'Instrument not accepted: {why}.'),
  EXISTS: edge(-4106, 409, 'Not done: {why}.'),
  ADMIN_UNKNOWN: edge(-4107, 404, 'Not found: {why}.'),
  ADMIN_INVALID: edge(-4108, 400, 'Not accepted: {why}.'),
  ADMIN_FORBIDDEN: edge(-4109, 403, 'The role {role} may not do this.'),
  WS_NOT_AUTHENTICATED: edge(-4200, 401, "Channel '{channel}' needs an authenticated connection."),
  WS_TOO_MANY_SUBSCRIPTIONS: edge(-4201, 400, 'A connection may hold {limit} subscriptions.'),
  WS_UNKNOWN_CHANNEL: edge(-4202, 400, "Unknown channel '{channel}'."),
} as const satisfies Record<string, EdgeReason>;
export type EdgeRejectName = keyof typeof EdgeReject;

/** Codes that only the Binance-compatible API answers; it words them itself, as Binance's errors.md has them. */
export const BINANCE_ONLY: Readonly<Record<number, string>> = {
  [-1002]: 'You are not authorized to execute this request.',
  [-1013]: 'The request was rejected before the engine: a filter, or what the symbol does not allow.',
  [-1014]: 'Unsupported order combination.',
  [-1015]: 'Too many new orders in the window of the account.',
  [-1016]: 'This service is no longer available.',
  [-1034]: 'Too many connections.',
  [-1104]: 'Not all sent parameters were read.',
  [-1118]: 'New client order ID was empty.',
  [-1119]: 'Original client order ID was empty.',
  [-1122]: 'Invalid symbolStatus.',
  [-1125]: 'This listenKey does not exist.',
  [-1127]: 'More than the allowed hours between startTime and endTime.',
  [-1131]: 'recvWindow must be less than 60000.',
  [-1139]: 'Invalid ticker type.',
  [-1151]: 'Symbol is present multiple times in the list.',
  [-1155]: 'SBE is not enabled.',
  [-1160]: 'An iceberg leg needs timeInForce GTC.',
  [-1191]: 'Too many subscriptions.',
  [-1194]: 'Invalid value for time unit.',
  [-1220]: "The symbol's status does not match the requested symbolStatus.",
  [-2026]: 'The order was archived.',
  [-2035]: 'User Data Stream subscription already active.',
  [-2036]: 'User Data Stream subscription not active.',
  [-2039]: 'Client order ID is not correct for this order ID.',
  [-2042]: 'Maximum subscription ID reached for this connection.',
  [-2043]: "This symbol doesn't have a reference price.",
};

/** The text of a reason with its parameters filled in. */
export function reasonText(reason: RejectReason, params?: Readonly<Record<string, string | number>>): string {
  if (params === undefined) return reason.text;
  return reason.text.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
}

/** A request answered with an error: the body is `{code, msg}` and whatever `data` adds to it. */
export class ApiError extends RefusalError {
  override name = 'ApiError';
  readonly code: number;
  readonly httpStatus: number;
  /** The same, where fastify looks for it; it writes to it. */
  statusCode: number;
  readonly data: Readonly<Record<string, unknown>> | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    reason: RejectReason,
    params?: Readonly<Record<string, string | number>>,
    more: { readonly data?: Readonly<Record<string, unknown>>; readonly retryAfterSeconds?: number } = {},
  ) {
    super(reasonText(reason, params));
    this.code = reason.code;
    this.httpStatus = reason.httpStatus;
    this.statusCode = reason.httpStatus;
    this.data = more.data;
    this.retryAfterSeconds = more.retryAfterSeconds;
  }

  /** The engine's "no" under the code clients know. */
  static refused(reason: EngineReason): ApiError {
    return new ApiError({ code: reason.apiCode, httpStatus: reason.httpStatus, text: reason.text });
  }

  get msg(): string {
    return this.message;
  }

  body(): { code: number; msg: string } {
    return { code: this.code, msg: this.message, ...this.data };
  }
}

/** What the error handler of fastify and of ajv throw carries these. */
interface FrameworkError {
  readonly code?: unknown;
  readonly statusCode?: unknown;
  readonly httpStatus?: unknown;
  readonly message: string;
}

/**
 * Any failure as the error its client gets. `UNKNOWN` (500) is for what nobody foresaw: the caller logs that one, and its
 * text says nothing of the inside.
 */
export function toApiError(error: unknown, limits: { readonly bodyBytesMax: number }): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof OverloadShedError) return new ApiError(EdgeReject.SERVER_BUSY, undefined, { retryAfterSeconds: 1 });
  if (error instanceof HistoryUnavailableError) return new ApiError(EdgeReject.UNAVAILABLE, undefined, { retryAfterSeconds: 1 });
  if (error instanceof OutcomeUnknownError) return new ApiError(EdgeReject.TIMEOUT);
  if (!(error instanceof Error)) return new ApiError(EdgeReject.UNKNOWN);
  const { code, statusCode, httpStatus } = error as FrameworkError;
  // Another edge's own error with the same facts (the Binance layer's).
  if (typeof code === 'number' && typeof httpStatus === 'number') {
    return new ApiError({ code, httpStatus, text: error.message });
  }
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new ApiError(EdgeReject.BODY_TOO_LARGE, { limit: limits.bodyBytesMax });
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new ApiError(EdgeReject.MEDIA_TYPE, { type: 'application/json' });
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return new ApiError(EdgeReject.INVALID_JSON);
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'FST_ERR_BAD_URL':
      return new ApiError(EdgeReject.MALFORMED_REQUEST);
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new ApiError(EdgeReject.MALFORMED_REQUEST);
    default:
      if (statusCode === 404) return new ApiError(EdgeReject.NOT_FOUND);
      return new ApiError(typeof statusCode === 'number' && statusCode < 500 ? EdgeReject.MALFORMED_REQUEST : EdgeReject.UNKNOWN);
  }
}
