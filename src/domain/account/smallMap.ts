// A map that costs next to nothing while it is empty or small: most accounts hold few assets and few orders, and there
// are many accounts. Iterates in the order of insertion.

/** Beyond this many entries a hash map is faster than looking at each key. */
const LINEAR_MAX = 8;
const EMPTY: never[] = [];

export class SmallMap<K extends string | number, V> {
  #keys: K[] = EMPTY;
  #values: V[] = EMPTY;
  #map: Map<K, V> | null = null;

  get size(): number {
    return this.#map === null ? this.#keys.length : this.#map.size;
  }

  get(key: K): V | undefined {
    if (this.#map !== null) return this.#map.get(key);
    const at = this.#keys.indexOf(key);
    return at < 0 ? undefined : this.#values[at];
  }

  has(key: K): boolean {
    return this.#map === null ? this.#keys.indexOf(key) >= 0 : this.#map.has(key);
  }

  set(key: K, value: V): void {
    if (this.#map !== null) {
      this.#map.set(key, value);
      return;
    }
    const keys = this.#keys;
    const at = keys.indexOf(key);
    if (at >= 0) this.#values[at] = value;
    else if (keys.length === 0) {
      this.#keys = [key];
      this.#values = [value];
    } else if (keys.length < LINEAR_MAX) {
      keys.push(key);
      this.#values.push(value);
    } else {
      this.#map = new Map(keys.map((k, i) => [k, this.#values[i] as V]));
      this.#map.set(key, value);
      this.#keys = EMPTY;
      this.#values = EMPTY;
    }
  }

  delete(key: K): void {
    if (this.#map !== null) {
      this.#map.delete(key);
      if (this.#map.size === 0) this.#map = null;
      return;
    }
    const at = this.#keys.indexOf(key);
    if (at < 0) return;
    if (this.#keys.length === 1) {
      this.#keys = EMPTY;
      this.#values = EMPTY;
    } else {
      this.#keys.splice(at, 1);
      this.#values.splice(at, 1);
    }
  }

  keys(): Iterable<K> {
    return this.#map === null ? this.#keys : this.#map.keys();
  }

  values(): Iterable<V> {
    return this.#map === null ? this.#values : this.#map.values();
  }
}
