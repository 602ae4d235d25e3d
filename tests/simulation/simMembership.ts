// A group as one machine sees it: looks at the server's list now and then, and says there that it is alive.
import type { Member, Membership } from '../../src/bus/bus.ts';
import { MemberList } from '../../src/bus/memberList.ts';
import type { Machine } from './scheduler.ts';

export interface MembershipCalls {
  /** Asks for the list, and renews the membership when there is one. */
  look(reply: (members: readonly Member[]) => void): void;
  leave(): Promise<void>;
}

const LOOK_US = 25_000;

export class SimMembership implements Membership {
  readonly #machine: Machine;
  readonly #calls: MembershipCalls;
  readonly #list = new MemberList();
  readonly #everyUs: number;
  #over = false;

  constructor(machine: Machine, calls: MembershipCalls, members: readonly Member[], ttlMs: number) {
    this.#machine = machine;
    this.#calls = calls;
    this.#everyUs = Math.min(LOOK_US, (ttlMs * 1000) / 4);
    this.#take(members);
    this.#lookLater();
  }

  readonly members = (): readonly Member[] => this.#list.all();

  readonly onChange = (listener: (members: readonly Member[]) => void): (() => void) => this.#list.onChange(listener);

  readonly leave = async (): Promise<void> => {
    this.neglect();
    await this.#calls.leave();
  };

  /** It looks no more and is not renewed. */
  neglect(): void {
    this.#over = true;
  }

  #lookLater(): void {
    this.#machine.after(this.#everyUs, () => {
      if (this.#over) return;
      this.#calls.look((members) => {
        if (!this.#over) this.#take(members);
      });
      this.#lookLater();
    });
  }

  #take(members: readonly Member[]): void {
    const there = new Set(members.map(({ id }) => id));
    for (const { id } of this.#list.all()) if (!there.has(id)) this.#list.remove(id);
    for (const member of members) this.#list.put(member);
  }
}
