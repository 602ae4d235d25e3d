// The accounts that the next pieces of work are for, brought near before the first of them is done. Of a million accounts nearly all
// are in no cache, and each thing tells where the next one is: account, holding, amount. Done one by one, every piece of work waits
// for all of them, one after the other; here all accounts wait for their holdings together, then for the next ones (see gather.ts).
// Changes nothing.
import type { AccountProfile } from '../accountProfile.ts';
import { type Account, stateOf } from './account.ts';
import type { AccountState } from './accountState.ts';
import type { Holding } from './holding.ts';

/** Accounts that are looked at together. More of them would drive each other out of the nearest cache. */
export const LOOK_AHEAD = 32;
/** An order moves two holdings, and most accounts have no more. */
const HOLDINGS = 2;

export class AccountPrefetch {
  readonly #accounts: (Account | undefined)[] = new Array(LOOK_AHEAD).fill(undefined);
  readonly #states: (AccountState | undefined)[] = new Array(LOOK_AHEAD).fill(undefined);
  readonly #holdings: (Holding | undefined)[] = new Array(LOOK_AHEAD).fill(undefined);
  readonly #profiles: (AccountProfile | undefined)[] = new Array(LOOK_AHEAD).fill(undefined);
  #count = 0;
  #read = 0;

  /** There will be work for it soon, which asks for the profile if that is given. */
  add(account: Account, profile: AccountProfile | undefined): void {
    if (this.#count === LOOK_AHEAD) return;
    this.#accounts[this.#count] = account;
    this.#profiles[this.#count++] = profile;
  }

  /** Reads what was added since the last time. */
  fetch(): void {
    const count = this.#count;
    if (count === 0) return;
    this.#count = 0;
    const accounts = this.#accounts;
    const states = this.#states;
    const holdings = this.#holdings;
    const profiles = this.#profiles;
    let read = 0;
    for (let i = 0; i < count; i++) if (profiles[i]?.frozen === true) read++;
    for (let i = 0; i < count; i++) states[i] = stateOf(accounts[i] as Account);
    for (let i = 0; i < count; i++) holdings[i] = (states[i] as AccountState).firstHolding;
    for (let i = 0; i < count; i++) read += (states[i] as AccountState).recent.size;
    for (let hop = 0; hop < HOLDINGS; hop++) {
      for (let i = 0; i < count; i++) if (holdings[i]?.touched === true) read++;
      for (let i = 0; i < count; i++) {
        const holding = holdings[i];
        if (holding === undefined) continue;
        read += holding.requestId.length + (holding.updateUs < 0 ? 1 : 0) + (holding.free === holding.locked ? 1 : 0);
        holdings[i] = holding.next;
      }
    }
    this.#read = read;
    accounts.fill(undefined, 0, count);
    states.fill(undefined, 0, count);
    holdings.fill(undefined, 0, count);
    profiles.fill(undefined, 0, count);
  }

  /** What was read leaves something behind, for else nobody would read it. */
  get read(): number {
    return this.#read;
  }
}
