// Who is in a group, and who wants to hear of it, the same for every bus.
import type { Member } from './bus.ts';

type Listener = (members: readonly Member[]) => void;

export class MemberList {
  readonly #members = new Map<string, Member>();
  readonly #listeners = new Set<Listener>();
  #sorted: readonly Member[] | undefined;

  all(): readonly Member[] {
    this.#sorted ??= [...this.#members.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    return this.#sorted;
  }

  put(member: Member): void {
    const known = this.#members.get(member.id);
    this.#members.set(member.id, member);
    this.#sorted = undefined;
    if (known === undefined || JSON.stringify(known.info) !== JSON.stringify(member.info)) this.#changed();
  }

  remove(id: string): void {
    if (this.#members.delete(id)) this.#changed();
  }

  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #changed(): void {
    this.#sorted = undefined;
    for (const listener of this.#listeners) {
      // In a turn of its own: what a listener throws must surface, and stop nobody else.
      queueMicrotask(() => {
        if (this.#listeners.has(listener)) listener(this.all());
      });
    }
  }
}
