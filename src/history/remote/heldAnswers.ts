// Answers too large for one message, held in parts until they were fetched. Bounded in bytes and in time: what nobody fetches
// is dropped, and whoever comes for it later asks its question again.

interface Held {
  readonly parts: readonly Uint8Array[];
  readonly bytes: number;
  readonly timer: NodeJS.Timeout;
}

export class HeldAnswers {
  readonly #partBytes: number;
  readonly #bytesMax: number;
  readonly #heldMs: number;
  readonly #held = new Map<number, Held>();
  #bytes = 0;
  #nextId = 1;

  constructor(partBytes: number, bytesMax: number, heldMs: number) {
    this.#partBytes = partBytes;
    this.#bytesMax = bytesMax;
    this.#heldMs = heldMs;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Makes room by dropping the oldest. Undefined when the answer alone is too large. */
  hold(answer: Uint8Array): { readonly id: number; readonly parts: number } | undefined {
    const bytes = answer.length;
    if (bytes > this.#bytesMax) return undefined;
    for (const oldest of this.#held.keys()) {
      if (this.#bytes + bytes <= this.#bytesMax) break;
      this.#drop(oldest);
    }
    const parts: Uint8Array[] = [];
    for (let at = 0; at < bytes; at += this.#partBytes) parts.push(answer.subarray(at, at + this.#partBytes));
    const id = this.#nextId++;
    const timer = setTimeout(() => this.#drop(id), this.#heldMs);
    timer.unref();
    this.#held.set(id, { parts, bytes, timer });
    this.#bytes += bytes;
    return { id, parts: parts.length };
  }

  /** Undefined when it is not (or no longer) held. Parts are fetched in order: the last one ends it. */
  take(id: number, part: number): Uint8Array | undefined {
    const held = this.#held.get(id);
    const bytes = held?.parts[part];
    if (held !== undefined && part === held.parts.length - 1) this.#drop(id);
    return bytes;
  }

  clear(): void {
    for (const id of [...this.#held.keys()]) this.#drop(id);
  }

  #drop(id: number): void {
    const held = this.#held.get(id);
    if (held === undefined) return;
    clearTimeout(held.timer);
    this.#held.delete(id);
    this.#bytes -= held.bytes;
  }
}
