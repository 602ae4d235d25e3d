// SmallMap for ids that ascend as they are added (orders, lists): beyond a few entries an IdMap, which costs half of what a
// Map does and nothing when entries come and go. Iterates by ascending id.
import { IdMap } from '../idMap.ts';

/** Beyond this many entries a hash map is faster than looking at each id. */
const LINEAR_MAX = 8;
const EMPTY: never[] = [];

export class SmallIdMap<V extends object> {
  /** [id, value, id, value, ...] with no room to spare: arrays that grow by push keep a dozen empty slots. */
  #pairs: (number | V)[] = EMPTY;
  #map: IdMap<V> | null = null;

  get size(): number {
    return this.#map === null ? this.#pairs.length / 2 : this.#map.size;
  }

  get(id: number): V | undefined {
    if (this.#map !== null) return this.#map.get(id);
    const pairs = this.#pairs;
    for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === id) return pairs[i + 1] as V;
    return undefined;
  }

  has(id: number): boolean {
    return this.get(id) !== undefined;
  }

  set(id: number, value: V): void {
    if (this.#map !== null) {
      this.#map.set(id, value);
      return;
    }
    const pairs = this.#pairs;
    const at = pairs.indexOf(id);
    if (at >= 0) pairs[at + 1] = value;
    else if (pairs.length < LINEAR_MAX * 2) this.#pairs = pairs.length === 0 ? [id, value] : pairs.concat(id, value);
    else {
      this.#map = new IdMap();
      for (let i = 0; i < pairs.length; i += 2) this.#map.set(pairs[i] as number, pairs[i + 1] as V);
      this.#map.set(id, value);
      this.#pairs = EMPTY;
    }
  }

  delete(id: number): void {
    if (this.#map !== null) {
      this.#map.delete(id);
      if (this.#map.size === 0) this.#map = null;
      return;
    }
    const at = this.#pairs.indexOf(id);
    if (at < 0) return;
    if (this.#pairs.length === 2) this.#pairs = EMPTY;
    else this.#pairs.splice(at, 2);
  }

  *keys(): Generator<number> {
    yield* this.#ascending();
  }

  *values(): Generator<V> {
    for (const id of this.#ascending()) yield this.get(id) as V;
  }

  #ascending(): number[] {
    const ids: number[] = [];
    if (this.#map !== null) ids.push(...this.#map.keys());
    else for (let i = 0; i < this.#pairs.length; i += 2) ids.push(this.#pairs[i] as number);
    return ids.sort((a, b) => a - b);
  }
}
