// A REST request as it was sent: parameters out of the raw query and the raw form, and the text the client signed. Nothing
// is re-serialised: signatures are over the bytes as they came.
import { BinanceError } from '../binanceError.ts';
import { duplicateValues } from '../params/paramErrors.ts';
import { RawParams } from '../params/rawParams.ts';

const NO_PARAMS = new RawParams(new Map());

function decode(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new BinanceError(-1100, 'Illegal characters found in a parameter.');
  }
}

/** `a=1&b=2` into the map; a name that comes twice in one text is an error. */
function parsePairs(text: string): Map<string, string> {
  const values = new Map<string, string>();
  let start = 0;
  while (start < text.length) {
    let end = text.indexOf('&', start);
    if (end === -1) end = text.length;
    if (end > start) {
      let equals = text.indexOf('=', start);
      if (equals === -1 || equals > end) equals = end;
      const name = decode(text.slice(start, equals));
      if (values.has(name)) throw duplicateValues();
      values.set(name, decode(text.slice(equals + 1, end)));
    }
    start = end + 1;
  }
  return values;
}

/** Parameters may be mixed between query and form; where both have one, the query's value counts. */
export function rawParams(query: string, body: string): RawParams {
  if (body === '') return query === '' ? NO_PARAMS : new RawParams(parsePairs(query));
  const values = parsePairs(body);
  if (query !== '') for (const [name, value] of parsePairs(query)) values.set(name, value);
  return new RawParams(values);
}

const SIGNATURE = 'signature=';

/** The text without its signature pair, wherever that stands, and without the '&' it leaves behind. */
function withoutSignature(text: string): string {
  const start = text.startsWith(SIGNATURE) ? 0 : text.indexOf(`&${SIGNATURE}`) + 1;
  if (start === 0 && !text.startsWith(SIGNATURE)) return text;
  const end = text.indexOf('&', start);
  if (end === -1) return text.slice(0, Math.max(0, start - 1));
  return text.slice(0, start) + text.slice(end + 1);
}

/** What the client signed: query and form as sent, with nothing between them. */
export function signedPayload(query: string, body: string): string {
  return withoutSignature(query) + (body === '' ? '' : withoutSignature(body));
}

/** The part of a URL behind its '?'. */
export function queryOf(url: string): string {
  const at = url.indexOf('?');
  return at === -1 ? '' : url.slice(at + 1);
}
