// A map that costs next to nothing while it is empty or small: most accounts hold few assets and few orders, and there
// are many accounts. Iterates in the order of insertion.

/** Beyond this many entries a hash map is faster than looking at each key. */
const LINEAR_MAX = 8;
const EMPTY: never[] = [];

export type ReadonlySmallMap<K extends string | number, V extends object> = Omit<SmallMap<K, V>, 'set' | 'delete'>;

export class SmallMap<K extends string | number, V extends object> {
  /** [key, value, key, value, ...] with no room to spare: arrays that grow by push keep a dozen empty slots. */
  #pairs: (K | V)[] = EMPTY;
  #map: Map<K, V> | null = null;

  get size(): number {
    return this.#map === null ? this.#pairs.length / 2 : this.#map.size;
  }

  get(key: K): V | undefined {
    if (this.#map !== null) return this.#map.get(key);
    const pairs = this.#pairs;
    for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === key) return pairs[i + 1] as V;
    return undefined;
  }

  has(key: K): boolean {
    return this.get(key) !== undefined;
  }

  set(key: K, value: V): void {
    if (this.#map !== null) {
      this.#map.set(key, value);
      return;
    }
    const pairs = this.#pairs;
    const at = pairs.indexOf(key);
    if (at >= 0) pairs[at + 1] = value;
    else if (pairs.length < LINEAR_MAX * 2) this.#pairs = pairs.length === 0 ? [key, value] : pairs.concat(key, value);
    else {
      this.#map = new Map();
      for (let i = 0; i < pairs.length; i += 2) this.#map.set(pairs[i] as K, pairs[i + 1] as V);
      this.#map.set(key, value);
      this.#pairs = EMPTY;
    }
  }

  delete(key: K): void {
    if (this.#map !== null) {
      this.#map.delete(key);
      if (this.#map.size === 0) this.#map = null;
      return;
    }
    const at = this.#pairs.indexOf(key);
    if (at < 0) return;
    if (this.#pairs.length === 2) this.#pairs = EMPTY;
    else this.#pairs.splice(at, 2);
  }

  *keys(): Generator<K> {
    if (this.#map !== null) yield* this.#map.keys();
    else for (let i = 0; i < this.#pairs.length; i += 2) yield this.#pairs[i] as K;
  }

  *values(): Generator<V> {
    if (this.#map !== null) yield* this.#map.values();
    else for (let i = 1; i < this.#pairs.length; i += 2) yield this.#pairs[i] as V;
  }
}
