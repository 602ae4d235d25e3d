// What is wrong with a parameter, in Binance's words (errors.md, 11xx).
import { BinanceError } from '../binanceError.ts';

export function illegalCharacters(name: string, legalRange: string): BinanceError {
  return new BinanceError(-1100, `Illegal characters found in parameter '${name}'; legal range is '${legalRange}'.`);
}

export function tooManyParameters(expected: number, received: number): BinanceError {
  return new BinanceError(-1101, `Too many parameters; expected '${expected}' and received '${received}'.`);
}

export function duplicateValues(): BinanceError {
  return new BinanceError(-1101, 'Duplicate values for a parameter detected.');
}

export function tooManyValues(name: string, most: number): BinanceError {
  return new BinanceError(-1101, `Too many values sent for parameter '${name}', maximum allowed up to ${most}.`);
}

export function missing(name: string): BinanceError {
  return new BinanceError(-1102, `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`);
}

export function neitherSent(one: string, other: string): BinanceError {
  return new BinanceError(-1102, `Param '${one}' or '${other}' must be sent, but both were empty/null!`);
}

export function unread(read: number, sent: number): BinanceError {
  return new BinanceError(-1104, `Not all sent parameters were read; read '${read}' parameter(s) but was sent '${sent}'.`);
}

export function empty(name: string): BinanceError {
  return new BinanceError(-1105, `Parameter '${name}' was empty.`);
}

export function notRequired(name: string): BinanceError {
  return new BinanceError(-1106, `Parameter '${name}' sent when not required.`);
}

export function overflow(name: string): BinanceError {
  return new BinanceError(-1108, `Parameter '${name}' overflowed.`);
}

export function tooPrecise(name: string): BinanceError {
  return new BinanceError(-1111, `Parameter '${name}' has too much precision.`);
}

export function badSymbol(): BinanceError {
  return new BinanceError(-1121, 'Invalid symbol.');
}

export function spanTooLong(hours: number): BinanceError {
  return new BinanceError(-1127, `More than ${hours} hours between startTime and endTime.`);
}

export function badCombination(recommendation?: string): BinanceError {
  return new BinanceError(
    -1128,
    recommendation === undefined
      ? 'Combination of optional parameters invalid.'
      : `Combination of optional parameters invalid. Recommendation: ${recommendation}`,
  );
}

export function sentTogether(names: readonly string[]): BinanceError {
  const list = names.map((name) => `'${name}'`).join(', ');
  return new BinanceError(-1128, `Fields [${list}] must be sent together or omitted entirely.`);
}

export function invalid(name: string): BinanceError {
  return new BinanceError(-1130, `Data sent for parameter '${name}' is not valid.`);
}

export function duplicateSymbols(): BinanceError {
  return new BinanceError(-1151, 'Symbol is present multiple times in the list.');
}
