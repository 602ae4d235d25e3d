// What an account holds, by asset, in the order in which it first held it. A chain through the holdings themselves: an account that
// was not touched for long is in no cache, and each object on the way to an amount is waited for. Made to be extended by the
// account's state, which would be one more of them.
import { interned } from '../interned.ts';
import { Holding } from './holding.ts';

/** Beyond so many assets a map is faster than the chain. */
const CHAIN_MAX = 8;

export class Holdings {
  #first: Holding | undefined = undefined;
  #last: Holding | undefined = undefined;
  #count = 0;
  #byAsset: Map<string, Holding> | undefined = undefined;

  get holdingCount(): number {
    return this.#count;
  }

  /** Undefined when the account never held it. */
  holding(asset: string): Holding | undefined {
    if (this.#byAsset !== undefined) return this.#byAsset.get(asset);
    let holding = this.#first;
    while (holding !== undefined && holding.asset !== asset) holding = holding.next;
    return holding;
  }

  /** The account's from here on. */
  holdingOf(asset: string): Holding {
    const known = this.holding(asset);
    if (known !== undefined) return known;
    const holding = new Holding(interned(asset));
    if (this.#last === undefined) this.#first = holding;
    else this.#last.next = holding;
    this.#last = holding;
    this.#count++;
    if (this.#byAsset !== undefined) this.#byAsset.set(holding.asset, holding);
    else if (this.#count > CHAIN_MAX) this.#byAsset = new Map(Array.from(this.holdings(), (each) => [each.asset, each]));
    return holding;
  }

  *holdings(): Generator<Holding> {
    for (let holding = this.#first; holding !== undefined; holding = holding.next) yield holding;
  }

  /** The first of the chain, see accountPrefetch.ts. */
  get firstHolding(): Holding | undefined {
    return this.#first;
  }
}
