// What an account has open on one symbol: the counts that the MAX_NUM_* filters bound, the names clients use, and the two
// holdings that its orders move, at hand because every execution asks for them.
import type { Holding } from './holding.ts';
import type { OpenOrder } from './openOrder.ts';
import { SmallMap } from './smallMap.ts';

export class SymbolOrders {
  orders = 0;
  algos = 0;
  icebergs = 0;
  lists = 0;
  readonly byClientId = new SmallMap<string, OpenOrder>();
  /** Set when first asked for, see step.ts. */
  base: Holding | undefined = undefined;
  quote: Holding | undefined = undefined;
}
