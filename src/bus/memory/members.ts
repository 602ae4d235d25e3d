// Groups of members inside one process: a member is there until it leaves or the bus closes.
import type { Member, Membership } from '../bus.ts';
import { checkName } from '../endpoints.ts';
import { MemberList } from '../memberList.ts';

export class Members {
  readonly #groups = new Map<string, MemberList>();

  join(group: string, { id, info }: Member): Membership {
    checkName(id);
    const list = this.#list(group);
    const member: Member = { id, info: { ...info } };
    list.put(member);
    return {
      ...this.watch(group),
      leave: async () => {
        // Not one that joined later under the same id.
        if (list.all().includes(member)) list.remove(id);
      },
    };
  }

  watch(group: string): Membership {
    const list = this.#list(group);
    return { members: () => list.all(), onChange: (listener) => list.onChange(listener), leave: async () => undefined };
  }

  /** As if the member had died without a word and its time were over. */
  expire(group: string, id: string): void {
    this.#groups.get(group)?.remove(id);
  }

  #list(group: string): MemberList {
    checkName(group);
    let list = this.#groups.get(group);
    if (list === undefined) {
      list = new MemberList();
      this.#groups.set(group, list);
    }
    return list;
  }
}
