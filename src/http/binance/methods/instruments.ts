// Finding the symbol a call names, and the rows of those it may name.
import type { Instrument } from '../../../domain/instrument.ts';
import { BinanceError } from '../binanceError.ts';
import { badCombination, badSymbol } from '../params/paramErrors.ts';
import { symbolList, symbolText, word } from '../params/paramKinds.ts';
import { optional } from '../params/paramSpec.ts';
import { symbolStatusWord } from '../reports/words.ts';
import type { MethodContext } from './binanceMethod.ts';

export function instrumentOf(ctx: MethodContext, symbol: string): Instrument {
  const instrument = ctx.exchange.registry.instrument(symbol);
  if (instrument === undefined) throw badSymbol();
  return instrument;
}

export const symbolStatusKind = word(['TRADING', 'HALT', 'BREAK'], () => new BinanceError(-1122, 'Invalid symbolStatus.'));

/** symbol, symbols, symbolStatus: the choice most market data methods offer. */
export const SYMBOL_CHOICE = {
  symbol: optional(symbolText),
  symbols: optional(symbolList),
} as const;

export interface SymbolChoice {
  readonly symbol?: string | undefined;
  readonly symbols?: readonly string[] | undefined;
  readonly symbolStatus?: string | undefined;
}

/** The instrument of a single-symbol query, which has to have the status asked for. */
export function instrumentInStatus(ctx: MethodContext, symbol: string, symbolStatus: string | undefined): Instrument {
  const instrument = instrumentOf(ctx, symbol);
  if (symbolStatus !== undefined && symbolStatusWord(instrument.status) !== symbolStatus) {
    throw new BinanceError(-1220, "The symbol's status does not match the requested symbolStatus.");
  }
  return instrument;
}

/** One row for `symbol`, an array for `symbols` or none; others than of the status asked for are left out of arrays. */
export function forEachChosen<T>(ctx: MethodContext, choice: SymbolChoice, row: (instrument: Instrument) => T): T | T[] {
  const { symbol, symbols, symbolStatus } = choice;
  if (symbol !== undefined && symbols !== undefined) throw badCombination("'symbol' and 'symbols' cannot both be sent.");
  if (symbol !== undefined) return row(instrumentInStatus(ctx, symbol, symbolStatus));
  const chosen = symbols?.map((name) => instrumentOf(ctx, name)) ?? ctx.exchange.registry.instruments();
  const rows: T[] = [];
  for (const instrument of chosen) {
    if (symbolStatus === undefined || symbolStatusWord(instrument.status) === symbolStatus) rows.push(row(instrument));
  }
  return rows;
}
