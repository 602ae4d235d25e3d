// What waits for a partition's next batch, in the order of arrival. Says when there is room for more; its users bound what
// they push.
import type { ChangeLogEntry } from '../domain/changeLogEntry.ts';
import type { ChildKey } from './behaviour.ts';
import type { Work } from './child.ts';

export type QueueItem<Input> =
  | { readonly kind: 'message'; readonly stream: string; readonly sequence: number; readonly entries: readonly ChangeLogEntry[] }
  /** The piece of work itself: an order is one of these, so that nothing more is made of it when its batch comes. */
  | ({ readonly kind: 'input'; readonly key: ChildKey } & Work<Input>)
  /** The child's first owed work is to be tried. */
  | { readonly kind: 'owed'; readonly key: ChildKey }
  /** Runs between two batches, with every child at rest. */
  | { readonly kind: 'between'; readonly action: () => void };

export class InputQueue<Input> {
  readonly #max: number;
  #items: QueueItem<Input>[] = [];
  /** Of the items, those that came from no log. */
  #asked = 0;
  #roomWaiters: (() => void)[] = [];

  /** With `max` items or more there is no room. */
  constructor(max: number) {
    this.#max = max;
  }

  get length(): number {
    return this.#items.length;
  }

  /** Somebody waits for some of it: a client, an operator, a clock. What came from a log nobody waits for. */
  get pressing(): boolean {
    return this.#asked > 0;
  }

  push(item: QueueItem<Input>): void {
    if (item.kind !== 'message') this.#asked++;
    this.#items.push(item);
  }

  /** Hands over at most `limit` items, the oldest first, until one is refused: it stays. Returns how many were accepted. */
  take(limit: number, accept: (item: QueueItem<Input>) => boolean): number {
    let taken = 0;
    while (taken < this.#items.length && taken < limit) {
      const item = this.#items[taken] as QueueItem<Input>;
      if (!accept(item)) break;
      taken++;
      if (item.kind !== 'message') this.#asked--;
    }
    this.#items = taken === this.#items.length ? [] : this.#items.slice(taken);
    if (this.#items.length < this.#max) for (const resume of this.#roomWaiters.splice(0)) resume();
    return taken;
  }

  /** Resolves when there is room for more; undefined = now. */
  room(): Promise<void> | undefined {
    if (this.#items.length < this.#max) return undefined;
    return new Promise<void>((resolve) => this.#roomWaiters.push(resolve));
  }

  /** No batch comes any more: who waits for the end of one goes on, or a hand-over would wait for ever. */
  abandon(): void {
    const items = this.#items;
    this.#items = [];
    this.#asked = 0;
    for (const item of items) if (item.kind === 'between') item.action();
  }
}
