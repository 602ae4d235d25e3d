// Good-till-date orders by the time they end: a binary heap, ordered by (time, order id), so that it empties the same
// way in every process. Orders that ended otherwise are taken out at once: the earliest time is always exact.

export class ExpiryQueue {
  readonly #times: number[] = [];
  readonly #orderIds: number[] = [];
  readonly #positions = new Map<number, number>();

  get size(): number {
    return this.#times.length;
  }

  /** Infinity when nobody waits. */
  get nextUs(): number {
    return this.#times.length === 0 ? Number.POSITIVE_INFINITY : this.#times[0]!;
  }

  /** Who ends next; -1 when nobody waits. */
  get nextOrderId(): number {
    return this.#orderIds.length === 0 ? -1 : this.#orderIds[0]!;
  }

  has(orderId: number): boolean {
    return this.#positions.has(orderId);
  }

  add(orderId: number, expireUs: number): void {
    this.#times.push(expireUs);
    this.#orderIds.push(orderId);
    this.#positions.set(orderId, this.#times.length - 1);
    this.#up(this.#times.length - 1);
  }

  /** Nothing happens when it does not wait. */
  remove(orderId: number): void {
    const at = this.#positions.get(orderId);
    if (at === undefined) return;
    this.#positions.delete(orderId);
    const time = this.#times.pop()!;
    const last = this.#orderIds.pop()!;
    if (at === this.#times.length) return;
    this.#times[at] = time;
    this.#orderIds[at] = last;
    this.#positions.set(last, at);
    this.#down(at);
    this.#up(at);
  }

  #before(a: number, b: number): boolean {
    const difference = this.#times[a]! - this.#times[b]!;
    return difference === 0 ? this.#orderIds[a]! < this.#orderIds[b]! : difference < 0;
  }

  #swap(a: number, b: number): void {
    const time = this.#times[a]!;
    const orderId = this.#orderIds[a]!;
    this.#times[a] = this.#times[b]!;
    this.#orderIds[a] = this.#orderIds[b]!;
    this.#times[b] = time;
    this.#orderIds[b] = orderId;
    this.#positions.set(this.#orderIds[a]!, a);
    this.#positions.set(orderId, b);
  }

  #up(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #down(from: number): void {
    let at = from;
    for (;;) {
      let first = at;
      const left = at * 2 + 1;
      if (left < this.#times.length && this.#before(left, first)) first = left;
      if (left + 1 < this.#times.length && this.#before(left + 1, first)) first = left + 1;
      if (first === at) return;
      this.#swap(at, first);
      at = first;
    }
  }
}
