// Timers of one machine, earliest first; those due at the same time in the order in which they were set.
import type { SimTimer } from './scheduler.ts';

export class TimerHeap {
  #heap: SimTimer[] = [];

  /** The earliest that is not cancelled. */
  first(): SimTimer | undefined {
    while (this.#heap[0]?.cancelled === true) this.pop();
    return this.#heap[0];
  }

  push(timer: SimTimer): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(timer, heap[parent] as SimTimer)) break;
      heap[at] = heap[parent] as SimTimer;
      at = parent;
    }
    heap[at] = timer;
  }

  pop(): SimTimer | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as SimTimer, heap[child] as SimTimer)) child++;
      if (!before(heap[child] as SimTimer, last)) break;
      heap[at] = heap[child] as SimTimer;
      at = child;
    }
    heap[at] = last;
    return top;
  }

  clear(): void {
    this.#heap = [];
  }
}

function before(a: SimTimer, b: SimTimer): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order);
}
