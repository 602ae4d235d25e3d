// JSON bodies of the native and the admin API. In: bytes. Out: the parsed value, with the bytes kept for the signature.
// Numbers are money here: one that a double cannot hold exactly is refused, never rounded in silence.
import { Decimal } from 'decimal.js';
import type { FastifyInstance } from 'fastify';
import { ApiError, EdgeReject } from '../errors.ts';
import { withoutTrailingZeros } from '../units.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The body as sent; null when there was none. */
    rawBody: Buffer | null;
  }
}

/** Replaces the scope's parsers: JSON and nothing else. */
export function acceptJson(app: FastifyInstance): void {
  // Refuses "__proto__" and "constructor.prototype", wherever they stand.
  const parse = app.getDefaultJsonParser('error', 'error');
  if (!app.hasRequestDecorator('rawBody')) app.decorateRequest('rawBody', null);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes, done) => {
    request.rawBody = bytes as Buffer;
    const text = bytes.toString();
    parse(request, text, (error, value) => {
      // Only valid JSON is scanned: its strings all end.
      const inexact = error === null ? inexactNumber(text) : undefined;
      if (inexact === undefined) done(error, value);
      else done(new ApiError(EdgeReject.INEXACT_NUMBER, { number: inexact.slice(0, 40) }));
    });
  });
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const NUMBER_END = /[^0-9.eE+-]/g;
/** Every decimal of up to 15 digits comes back from a double as it was. */
const ALWAYS_EXACT_LENGTH = 15;

/** The first number of a valid JSON text that is written with an exponent, or that no double holds exactly. */
export function inexactNumber(text: string): string | undefined {
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) at = endOfString(text, at);
    else if (char === MINUS || (char >= ZERO && char <= NINE)) {
      NUMBER_END.lastIndex = at;
      const end = NUMBER_END.exec(text)?.index ?? text.length;
      const lexeme = text.slice(at, end);
      if (!isExact(lexeme)) return lexeme;
      at = end - 1;
    }
  }
  return undefined;
}

/** Offset of the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (let char = text.charCodeAt(at); char !== QUOTE; char = text.charCodeAt(at)) at += char === BACKSLASH ? 2 : 1;
  return at;
}

function isExact(lexeme: string): boolean {
  if (/[eE]/.test(lexeme)) return false;
  if (lexeme.length <= ALWAYS_EXACT_LENGTH) return true;
  return numberText(Number(lexeme)) === withoutTrailingZeros(lexeme);
}

/** The shortest decimal of a number, without exponent: 1e-8 is "0.00000001". */
export function numberText(value: number): string {
  const text = String(value);
  return text.includes('e') ? new Decimal(value).toFixed() : text;
}
