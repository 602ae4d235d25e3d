// Symbols, assets and the like by small numbers, so that rows need not spell them out.
import { assert, InvariantError } from '../../domain/assert.ts';

export class Names {
  readonly #ids = new Map<string, number>();
  /** By id; 0 stands for none. */
  readonly #names: string[] = [''];
  #committed = 0;

  /** The name's number, given to it now if it has none. */
  id(name: string): number {
    let id = this.#ids.get(name);
    if (id === undefined) {
      id = this.#names.length;
      this.#names.push(name);
      this.#ids.set(name, id);
    }
    return id;
  }

  /** 0 for a name that no row can hold. */
  known(name: string): number {
    return this.#ids.get(name) ?? 0;
  }

  name(id: number): string {
    const name = this.#names[id];
    if (name === undefined) throw new InvariantError(`history: no name has number ${id}`);
    return name;
  }

  /** Takes back a name that LMDB holds; they come in order. */
  restore(id: number, name: string): void {
    assert(id === this.#names.length, `history: name ${id} does not follow ${this.#names.length - 1}`);
    this.id(name);
    this.#committed = id;
  }

  /** Names LMDB does not hold yet, by number. */
  uncommitted(): readonly (readonly [id: number, name: string])[] {
    const rest: [number, string][] = [];
    for (let id = this.#committed + 1; id < this.#names.length; id++) rest.push([id, this.#names[id] as string]);
    return rest;
  }

  get last(): number {
    return this.#names.length - 1;
  }

  markCommitted(upTo: number): void {
    this.#committed = upTo;
  }
}
