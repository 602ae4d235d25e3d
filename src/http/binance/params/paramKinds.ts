// The kinds of parameter values: text in, a value out, or the documented error. Knows nothing of instruments: decimals
// stay text here and become ticks and lots where the symbol is known (params/amounts.ts).
import { KLINE_INTERVALS, type KlineInterval } from '../../../domain/klineEntry.ts';
import { BinanceError } from '../binanceError.ts';
import { duplicateSymbols, illegalCharacters, invalid, overflow } from './paramErrors.ts';

export interface ParamKind<T> {
  /** Word of the documentation's Type column. */
  readonly type: 'STRING' | 'ENUM' | 'DECIMAL' | 'LONG' | 'INT' | 'BOOLEAN' | 'ARRAY';
  parse(name: string, text: string): T;
  /** The error of an empty text where it has one of its own (-1105 otherwise). */
  readonly empty?: () => BinanceError;
}

/** Java's class intersection as Binance prints it: word characters, '-' and '.', but no lowercase ASCII letter. */
const SYMBOL_RANGE = '^[\\w\\-._&&[^a-z]]{1,50}$';
const ASCII_SYMBOL = /^[A-Z0-9_.-]{1,50}$/;
const UNICODE_SYMBOL = /^(?:(?![a-z])[\p{L}\p{M}\p{N}\p{Pc}.-]){1,50}$/u;
const SYMBOL_ELEMENT = '"[\\w\\-._&&[^a-z]]{1,50}"';
const SYMBOLS_RANGE = `^\\[(${SYMBOL_ELEMENT}(,${SYMBOL_ELEMENT}){0,}){0,1}\\]$`;

const INTEGER_RANGE = '^[0-9]{1,20}$';
const INTEGER = /^[0-9]{1,20}$/;
const DECIMAL_RANGE = '^([0-9]{1,20})(\\.[0-9]{1,20})?$';
const DECIMAL = /^[0-9]{1,20}(?:\.[0-9]{1,20})?$/;
const CLIENT_ID_RANGE = '^[a-zA-Z0-9-_]{1,36}$';
const CLIENT_ID = /^[a-zA-Z0-9-_]{1,36}$/;

const LONG_MAX = 2n ** 63n - 1n;
const INT_MAX = 2 ** 31 - 1;
/** 20 digits may exceed what a number holds exactly; anything above it is equal to it for every use here. */
const EXACT_MAX = Number.MAX_SAFE_INTEGER;

function isSymbol(text: string): boolean {
  return ASCII_SYMBOL.test(text) || UNICODE_SYMBOL.test(text);
}

export const symbolText: ParamKind<string> = {
  type: 'STRING',
  parse(name, text) {
    if (!isSymbol(text)) throw illegalCharacters(name, SYMBOL_RANGE);
    return text;
  },
};

/** A JSON array of symbols, without spaces, none twice. */
export const symbolList: ParamKind<readonly string[]> = {
  type: 'ARRAY',
  parse(name, text) {
    const symbols = quotedList(text);
    if (symbols === undefined || !symbols.every(isSymbol)) throw illegalCharacters(name, SYMBOLS_RANGE);
    if (new Set(symbols).size !== symbols.length) throw duplicateSymbols();
    return symbols;
  },
};

/** ["A","B"] without spaces; undefined for anything else. */
function quotedList(text: string): string[] | undefined {
  if (text === '[]') return [];
  if (!text.startsWith('["') || !text.endsWith('"]')) return undefined;
  return text.slice(2, -2).split('","');
}

/** Digits only; larger than a 64-bit integer overflows. */
export const long: ParamKind<number> = {
  type: 'LONG',
  parse(name, text) {
    if (!INTEGER.test(text)) throw illegalCharacters(name, INTEGER_RANGE);
    const value = Number(text);
    if (value <= EXACT_MAX) return value;
    if (BigInt(text) > LONG_MAX) throw overflow(name);
    return EXACT_MAX;
  },
};

export const int: ParamKind<number> = {
  type: 'INT',
  parse(name, text) {
    if (!INTEGER.test(text)) throw illegalCharacters(name, INTEGER_RANGE);
    const value = Number(text);
    if (value > INT_MAX) throw overflow(name);
    return value;
  },
};

/** A number of rows: at least 1, more than the maximum means the maximum. */
export function limit(max: number): ParamKind<number> {
  return {
    type: 'INT',
    parse(name, text) {
      if (!INTEGER.test(text)) throw illegalCharacters(name, INTEGER_RANGE);
      const value = Number(text);
      if (value < 1) throw invalid(name);
      return Math.min(value, max);
    },
  };
}

/** Milliseconds below it, microseconds from it on: 1e14 is the year 5138 in the one and 1973 in the other. */
const MICROSECONDS_FROM = 1e14;
/** The last instant that stays exact in microseconds. */
const LAST_US = 2 ** 53 - 1;

/** A time in milliseconds or microseconds, as microseconds; beyond what can be represented it is clamped. */
export function toMicroseconds(value: number): number {
  return value >= MICROSECONDS_FROM ? Math.min(value, LAST_US) : value * 1000;
}

export const time: ParamKind<number> = {
  type: 'LONG',
  parse(name, text) {
    if (!INTEGER.test(text)) throw illegalCharacters(name, INTEGER_RANGE);
    return toMicroseconds(Number(text));
  },
};

/** A plain decimal, still as text: its scale is the symbol's. */
export const decimal: ParamKind<string> = {
  type: 'DECIMAL',
  parse(name, text) {
    if (!DECIMAL.test(text)) throw illegalCharacters(name, DECIMAL_RANGE);
    return text;
  },
};

export const clientId: ParamKind<string> = {
  type: 'STRING',
  parse(name, text) {
    if (!CLIENT_ID.test(text)) throw illegalCharacters(name, CLIENT_ID_RANGE);
    return text;
  },
};

/** newClientOrderId: the id of a new order, of a cancel, of an amended order. */
export const newClientId: ParamKind<string> = {
  ...clientId,
  empty: () => new BinanceError(-1118, 'New client order ID was empty.'),
};

/** origClientOrderId: the id of an order that exists. */
export const origClientId: ParamKind<string> = {
  ...clientId,
  empty: () => new BinanceError(-1119, 'Original client order ID was empty.'),
};

/** Python prints True and False. */
export const bool: ParamKind<boolean> = {
  type: 'BOOLEAN',
  parse(name, text) {
    if (text === 'true' || text === 'True') return true;
    if (text === 'false' || text === 'False') return false;
    throw invalid(name);
  },
};

/** One of the words; otherwise the given error (-1130 unless told). */
export function word<const T extends string>(words: readonly T[], otherwise?: () => BinanceError): ParamKind<T> {
  return {
    type: 'ENUM',
    parse(name, text) {
      const found = words.find((candidate) => candidate === text);
      if (found === undefined) throw otherwise?.() ?? invalid(name);
      return found;
    },
  };
}

/** A word as the code our enumerations give it. */
export function code<const T extends Readonly<Record<string, number>>>(
  terms: T,
  words: readonly (keyof T & string)[],
  otherwise?: () => BinanceError,
): ParamKind<T[keyof T]> {
  const byWord = new Map<string, T[keyof T]>(words.map((name) => [name, terms[name] as T[keyof T]]));
  return {
    type: 'ENUM',
    parse(name, text) {
      const value = byWord.get(text);
      if (value === undefined) throw otherwise?.() ?? invalid(name);
      return value;
    },
  };
}

const intervals = new Set<string>(KLINE_INTERVALS);

/** Case matters: 1m is a minute, 1M a month. */
export const klineInterval: ParamKind<KlineInterval> = {
  type: 'ENUM',
  parse(_name, text) {
    if (!intervals.has(text)) throw new BinanceError(-1120, 'Invalid interval.');
    return text as KlineInterval;
  },
};

const TIME_ZONE = /^([+-]?)(\d{1,2})(?::([0-5]\d))?$/;
const TIME_ZONE_MIN = -12 * 60;
const TIME_ZONE_MAX = 14 * 60;

/** '8', '-1:00', '05:45' as minutes east of UTC, within -12:00..+14:00. */
export const timeZone: ParamKind<number> = {
  type: 'STRING',
  parse(name, text) {
    const match = TIME_ZONE.exec(text);
    if (match === null) throw invalid(name);
    const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
    const east = match[1] === '-' ? -minutes : minutes;
    if (east < TIME_ZONE_MIN || east > TIME_ZONE_MAX) throw invalid(name);
    return east;
  },
};

const WINDOW_SIZE = /^(?:([1-9]|[1-5]\d)m|([1-9]|1\d|2[0-3])h|([1-7])d)$/;

/** 1m..59m, 1h..23h, 1d..7d, in milliseconds. */
export const windowSize: ParamKind<number> = {
  type: 'ENUM',
  parse(name, text) {
    const match = WINDOW_SIZE.exec(text);
    if (match === null) throw invalid(name);
    if (match[1] !== undefined) return Number(match[1]) * 60_000;
    if (match[2] !== undefined) return Number(match[2]) * 3_600_000;
    return Number(match[3]) * 86_400_000;
  },
};
