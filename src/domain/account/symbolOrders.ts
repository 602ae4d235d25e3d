// What an account has open on one symbol: the counts that the MAX_NUM_* filters bound, and the two holdings that its orders
// move, at hand because every execution asks for them.
import type { Holding } from './holding.ts';

export class SymbolOrders {
  orders = 0;
  algos = 0;
  icebergs = 0;
  lists = 0;
  /** Set when first asked for, see step.ts. */
  base: Holding | undefined = undefined;
  quote: Holding | undefined = undefined;
}
