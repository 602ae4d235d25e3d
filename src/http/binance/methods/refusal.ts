// The engine's "no" as the API says it.
import type { EngineReason } from '../../../domain/rejectReason.ts';
import { BinanceError } from '../binanceError.ts';

export function refusal(reason: EngineReason): BinanceError {
  return new BinanceError(reason.apiCode, reason.text, reason.httpStatus);
}

/** The refusal as it stands inside a larger answer. */
export function refusalBody(reason: EngineReason): { readonly code: number; readonly msg: string } {
  return { code: reason.apiCode, msg: reason.text };
}
