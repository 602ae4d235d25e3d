// Who wants what: listeners by key. One that throws is removed and reported, and never breaks the fold that calls it.

export type ListenerFailure = (key: string | number, error: unknown) => void;

export class Listeners<K extends string | number, Event> {
  readonly #byKey = new Map<K, Set<(event: Event) => void>>();
  readonly #onFailure: ListenerFailure;
  /** Listeners under this key get every event. */
  readonly #all: K | undefined;
  #count = 0;
  /** While true nobody is told anything: what is folded now was told before. */
  muted = false;

  constructor(onFailure: ListenerFailure, all?: K) {
    this.#onFailure = onFailure;
    this.#all = all;
  }

  get count(): number {
    return this.#count;
  }

  /** Returns the unsubscribe, which may be called more than once. */
  add(key: K, listener: (event: Event) => void): () => void {
    // Wrapped, so that the same function may listen twice and each unsubscribe ends its own.
    const own = (event: Event): void => listener(event);
    const listeners = this.#byKey.get(key);
    if (listeners === undefined) this.#byKey.set(key, new Set([own]));
    else listeners.add(own);
    this.#count++;
    return () => this.#remove(key, own);
  }

  #remove(key: K, listener: (event: Event) => void): void {
    const listeners = this.#byKey.get(key);
    if (listeners?.delete(listener) !== true) return;
    this.#count--;
    if (listeners.size === 0) this.#byKey.delete(key);
  }

  wants(key: K): boolean {
    if (this.#count === 0 || this.muted) return false;
    return this.#byKey.has(key) || (this.#all !== undefined && this.#byKey.has(this.#all));
  }

  emit(key: K, event: Event): void {
    this.#emitTo(key, event);
    if (this.#all !== undefined && key !== this.#all) this.#emitTo(this.#all, event);
  }

  #emitTo(key: K, event: Event): void {
    const listeners = this.#byKey.get(key);
    if (listeners === undefined) return;
    // A copy: one may unsubscribe itself or others, or subscribe anew (that one starts with the next event).
    for (const listener of [...listeners]) {
      if (!listeners.has(listener)) continue;
      try {
        listener(event);
      } catch (error) {
        this.#remove(key, listener);
        this.#onFailure(key, error);
      }
    }
  }
}
