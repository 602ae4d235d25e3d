// The only source of chance in a simulation: sfc32, seeded by a name, so that every part draws from a stream of its own and
// one part's draws do not move another's.

export class Random {
  readonly #name: string;
  #a: number;
  #b: number;
  #c: number;
  #count = 1;

  constructor(name: string) {
    this.#name = name;
    this.#a = fnv(name, 0x811c9dc5);
    this.#b = fnv(name, 0x9e3779b9);
    this.#c = fnv(name, 0x85ebca6b);
    for (let i = 0; i < 12; i++) this.next();
  }

  /** 0 to 2^32 - 1. */
  next(): number {
    const t = (((this.#a + this.#b) | 0) + this.#count++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + t;
    this.#c |= 0;
    return t >>> 0;
  }

  /** 0 to n - 1; 0 for n below 2. */
  below(n: number): number {
    return n <= 1 ? 0 : this.next() % n;
  }

  /** Both ends included. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  chance(probability: number): boolean {
    return probability > 0 && this.next() / 2 ** 32 < probability;
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('nothing to pick from');
    return items[this.below(items.length)] as T;
  }

  /** A stream of its own. */
  fork(name: string): Random {
    return new Random(`${this.#name}/${name}`);
  }
}

function fnv(text: string, seed: number): number {
  let hash = seed | 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
