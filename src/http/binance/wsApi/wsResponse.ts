// WS-API answers as text: {"id","status","result"|"error","rateLimits"}.
import type { BinanceError } from '../binanceError.ts';
import type { RateLimitRow } from '../rateLimits/rateLimits.ts';

/** By concatenation: this stands in nearly every answer. */
function limitsText(rateLimits: readonly RateLimitRow[] | undefined): string {
  if (rateLimits === undefined) return '';
  let rows = '';
  for (const { rateLimitType, interval, intervalNum, limit, count } of rateLimits) {
    rows +=
      `${rows === '' ? '' : ','}{"rateLimitType":"${rateLimitType}","interval":"${interval}",` +
      `"intervalNum":${intervalNum},"limit":${limit},"count":${count ?? 0}}`;
  }
  return `,"rateLimits":[${rows}]`;
}

/** `id` is JSON text. */
export function resultText(id: string, result: unknown, rateLimits?: readonly RateLimitRow[]): string {
  return `{"id":${id},"status":200,"result":${JSON.stringify(result)}${limitsText(rateLimits)}}`;
}

export function errorText(id: string, error: BinanceError, rateLimits?: readonly RateLimitRow[]): string {
  const { code, msg, data, httpStatus } = error;
  const body = JSON.stringify(data === undefined ? { code, msg } : { code, msg, data });
  return `{"id":${id},"status":${httpStatus},"error":${body}${limitsText(rateLimits)}}`;
}
