// What must hold, by name: the twelve invariants of the design, and two that every simulation adds.

export const INVARIANTS = {
  conservation: '1 per asset, free + locked + fees = deposits - withdrawals',
  reservations: '2 locked = open reservations, no balance below zero',
  quantities: '3 per order, original = executed + resting + ended',
  matching: "4 never crossed, the maker's price, price then time priority",
  durability: '5 acknowledged survives, not acknowledged happened fully or not at all',
  once: '6 the same command takes effect at most once',
  settlement: '7 trade ids gapless, every trade settled once on both sides',
  depth: '8 depth + diffs = book, update ids contiguous',
  folds: '9 kline = fold of trades, user data folded = account',
  replay: '10 hash(live) = hash(replayed) = hash(restored)',
  writer: '11 one effective writer per partition',
  healing: '12 after a fault heals, lag returns to 0',
  replies: 'every reply is what the log says and the model predicts',
  crashes: 'nothing throws where nobody catches it',
} as const;
export type Invariant = keyof typeof INVARIANTS;

/** An invariant does not hold. */
export class Broken extends Error {
  override name = 'Broken';
  readonly invariant: Invariant;
  constructor(invariant: Invariant, what: string, options?: ErrorOptions) {
    super(what, options);
    this.invariant = invariant;
  }
}

export function must(holds: boolean, invariant: Invariant, what: () => string): void {
  if (!holds) throw new Broken(invariant, what());
}
