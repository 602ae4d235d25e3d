// What the clients of one process see from the moment its door opens: diffs of the depth folded onto the book they started
// from, balances as the user data stream told them.
import type { Pipeline } from '../../src/actors/pipeline.ts';
import type { Balance } from '../../src/domain/balance.ts';
import type { Level, MarketBatch } from '../../src/ports/marketData.ts';
import { must } from './invariants.ts';
import { FIRST_ACCOUNT } from './venue.ts';

interface Book {
  lastUpdateId: number;
  readonly bids: Map<number, number>;
  readonly asks: Map<number, number>;
}

export class ClientView {
  readonly #pipeline: Pipeline;
  readonly #books = new Map<string, Book>();
  readonly balances = new Map<string, Readonly<Balance>>();
  /** The first thing that did not fit; listeners must not throw. */
  problem: Error | undefined;

  constructor(pipeline: Pipeline, accounts: number) {
    this.#pipeline = pipeline;
    const { markets, accountEvents } = pipeline.hub;
    for (const { symbol } of pipeline.registry.instruments()) this.#open(symbol);
    markets.listen('*', (batch) => this.#take(batch));
    for (let i = 0; i < accounts; i++) {
      accountEvents.listen(FIRST_ACCOUNT + i, (events) => {
        for (const event of events) {
          if (event.kind === 'positions') for (const balance of event.balances) this.#balance(balance);
          else if (event.kind === 'balanceUpdate') this.#balance(event.balance);
        }
      });
    }
  }

  /** Best first, as the diffs make it. */
  levels(symbol: string): readonly [bids: Level[], asks: Level[]] {
    const book = this.#books.get(symbol);
    const sorted = (levels: ReadonlyMap<number, number> | undefined, sign: number): Level[] =>
      [...(levels ?? [])].sort(([a], [b]) => sign * (a - b));
    return [sorted(book?.bids, -1), sorted(book?.asks, 1)];
  }

  #open(symbol: string): Book {
    const depth = this.#pipeline.hub.markets.view(symbol)?.depth(10_000);
    const book: Book = { lastUpdateId: depth?.lastUpdateId ?? 0, bids: new Map(depth?.bids ?? []), asks: new Map(depth?.asks ?? []) };
    this.#books.set(symbol, book);
    return book;
  }

  #take({ symbol, depth }: MarketBatch): void {
    const known = this.#books.get(symbol);
    if (known === undefined) {
      // Listed after the door opened: its book is the view's, this batch included.
      this.#open(symbol);
      return;
    }
    if (depth === null) return;
    try {
      must(
        depth.firstUpdateId === known.lastUpdateId + 1 && depth.lastUpdateId >= depth.firstUpdateId,
        'depth',
        () => `${symbol}: a diff of ${depth.firstUpdateId} to ${depth.lastUpdateId} follows update ${known.lastUpdateId}`,
      );
    } catch (error) {
      this.problem ??= error as Error;
    }
    known.lastUpdateId = depth.lastUpdateId;
    for (const [levels, changes] of [
      [known.bids, depth.bids],
      [known.asks, depth.asks],
    ] as const) {
      for (const [price, lots] of changes) {
        if (lots === 0) levels.delete(price);
        else levels.set(price, lots);
      }
    }
  }

  #balance(balance: Readonly<Balance>): void {
    this.balances.set(`${balance.accountId}-${balance.asset}`, balance);
  }
}
