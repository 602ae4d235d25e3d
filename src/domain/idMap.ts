// A map by whole number (order id, command id, account id) for what comes and goes with every order. Open addressing with
// linear probing: no object per entry, no rebuilding as entries are replaced, no boxed keys. Must not be changed while it
// is iterated; iterates in no order.

/** Slots at first; a power of two. */
const SLOTS = 16;
const NO_KEY = -1;

export class IdMap<V> {
  #keys = new Float64Array(SLOTS).fill(NO_KEY);
  #values: (V | undefined)[] = new Array<V | undefined>(SLOTS).fill(undefined);
  #mask = SLOTS - 1;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): V | undefined {
    const keys = this.#keys;
    for (let slot = slotOf(id, this.#mask); ; slot = (slot + 1) & this.#mask) {
      const key = keys[slot];
      if (key === id) return this.#values[slot];
      if (key === NO_KEY) return undefined;
    }
  }

  has(id: number): boolean {
    const keys = this.#keys;
    for (let slot = slotOf(id, this.#mask); ; slot = (slot + 1) & this.#mask) {
      const key = keys[slot];
      if (key === NO_KEY) return false;
      if (key === id) return true;
    }
  }

  /** `id`: a safe integer, not negative. */
  set(id: number, value: V): void {
    const keys = this.#keys;
    let slot = slotOf(id, this.#mask);
    for (; keys[slot] !== NO_KEY; slot = (slot + 1) & this.#mask) {
      if (keys[slot] !== id) continue;
      this.#values[slot] = value;
      return;
    }
    if (!Number.isSafeInteger(id) || id < 0) throw new RangeError(`not an id: ${id}`);
    keys[slot] = id;
    this.#values[slot] = value;
    // Half full at most: then a probe rarely looks at more than two slots.
    if (++this.#size * 2 > keys.length) this.#grow();
  }

  delete(id: number): boolean {
    const keys = this.#keys;
    const mask = this.#mask;
    let hole = slotOf(id, mask);
    for (; ; hole = (hole + 1) & mask) {
      if (keys[hole] === NO_KEY) return false;
      if (keys[hole] === id) break;
    }
    this.#size--;
    // Entries behind move up into the hole unless that would put them before their own slot: no tombstones.
    for (let slot = (hole + 1) & mask; keys[slot] !== NO_KEY; slot = (slot + 1) & mask) {
      const home = slotOf(keys[slot] as number, mask);
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      keys[hole] = keys[slot] as number;
      this.#values[hole] = this.#values[slot];
      hole = slot;
    }
    keys[hole] = NO_KEY;
    this.#values[hole] = undefined;
    return true;
  }

  clear(): void {
    this.#keys = new Float64Array(SLOTS).fill(NO_KEY);
    this.#values = new Array<V | undefined>(SLOTS).fill(undefined);
    this.#mask = SLOTS - 1;
    this.#size = 0;
  }

  forEach(visit: (value: V, id: number) => void): void {
    for (let slot = 0; slot < this.#keys.length; slot++) {
      const key = this.#keys[slot] as number;
      if (key !== NO_KEY) visit(this.#values[slot] as V, key);
    }
  }

  *keys(): Generator<number> {
    for (const key of this.#keys) if (key !== NO_KEY) yield key;
  }

  *values(): Generator<V> {
    for (let slot = 0; slot < this.#keys.length; slot++) if (this.#keys[slot] !== NO_KEY) yield this.#values[slot] as V;
  }

  *entries(): Generator<readonly [number, V]> {
    for (let slot = 0; slot < this.#keys.length; slot++) {
      const key = this.#keys[slot] as number;
      if (key !== NO_KEY) yield [key, this.#values[slot] as V];
    }
  }

  #grow(): void {
    const keys = this.#keys;
    const values = this.#values;
    const slots = keys.length * 2;
    this.#keys = new Float64Array(slots).fill(NO_KEY);
    this.#values = new Array<V | undefined>(slots).fill(undefined);
    this.#mask = slots - 1;
    for (let from = 0; from < keys.length; from++) {
      const key = keys[from] as number;
      if (key === NO_KEY) continue;
      let slot = slotOf(key, this.#mask);
      while (this.#keys[slot] !== NO_KEY) slot = (slot + 1) & this.#mask;
      this.#keys[slot] = key;
      this.#values[slot] = values[from];
    }
  }
}

/**
 * Ids count up, and those in use together were made together: eight that follow each other share a cache line of keys, and
 * multiplication spreads the eights.
 */
export function slotOf(id: number, mask: number): number {
  const word = id ^ (id / 0x100000000);
  const hash = Math.imul(word >>> 3, 0x9e3779b1);
  return (((hash ^ (hash >>> 15)) << 3) | (word & 7)) & mask;
}
