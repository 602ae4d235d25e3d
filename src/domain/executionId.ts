// Execution ids (FIX ExecID 17) come from the log itself, so that every reader gives an execution the same one.

/**
 * Unique and ascending per symbol. `entrySequence`: the market log entry that says the execution happened: the trade for
 * the taker's side of a fill, the order's entry for everything else. `counterparty`: the same entry's second execution,
 * the taker's side of a self-trade that was prevented, which only the maker's entry tells.
 */
export function executionId(entrySequence: number, counterparty = false): number {
  return entrySequence * 2 + (counterparty ? 1 : 0);
}
