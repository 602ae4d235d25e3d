// The retired way to user data, for clients older than 2026-02-20: a key per account that a stream socket is opened with. A
// key lives for an hour after it was made or kept alive, and no longer than the API key that did so. Time is an argument.
import { randomToken } from '../auth/signature.ts';

const LIFE_US = 3_600_000_000;
/** How long an expired key is told from one that never was. */
const REMEMBERED_US = 60_000_000;

interface ListenKey {
  readonly accountId: number;
  /** Of the last call that made it or kept it alive. */
  apiKey: string;
  expiresUs: number;
}

/** What the streams want to know of a listenKey, now. */
export interface ListenKeyLookup {
  /** The account a live key stands for. */
  accountOf(listenKey: string): number | undefined;
  /** True when its time is over; false when it is live, was closed or never was. */
  hasExpired(listenKey: string): boolean;
}

export class ListenKeys {
  readonly #keys = new Map<string, ListenKey>();
  readonly #ofAccount = new Map<number, string>();

  /** The account's key, made or kept alive. */
  open(accountId: number, apiKey: string, nowUs: number): string {
    this.#forgetExpired(nowUs);
    let text = this.#ofAccount.get(accountId);
    if (text === undefined || this.#live(text, nowUs) === undefined) {
      text = randomToken();
      this.#ofAccount.set(accountId, text);
    }
    this.#keys.set(text, { accountId, apiKey, expiresUs: nowUs + LIFE_US });
    return text;
  }

  /** False when there is no such key of the account. */
  keepAlive(text: string, accountId: number, apiKey: string, nowUs: number): boolean {
    const key = this.#live(text, nowUs);
    if (key?.accountId !== accountId) return false;
    key.apiKey = apiKey;
    key.expiresUs = nowUs + LIFE_US;
    return true;
  }

  close(text: string, accountId: number, nowUs: number): boolean {
    if (this.#live(text, nowUs)?.accountId !== accountId) return false;
    this.#drop(text, accountId);
    return true;
  }

  /** The account a live key stands for, and the API key that answers for it. */
  holderOf(text: string, nowUs: number): Readonly<Pick<ListenKey, 'accountId' | 'apiKey'>> | undefined {
    return this.#live(text, nowUs);
  }

  hasExpired(text: string, nowUs: number): boolean {
    const key = this.#keys.get(text);
    return key !== undefined && key.expiresUs <= nowUs;
  }

  #live(text: string, nowUs: number): ListenKey | undefined {
    const key = this.#keys.get(text);
    return key !== undefined && key.expiresUs > nowUs ? key : undefined;
  }

  #forgetExpired(nowUs: number): void {
    for (const [text, key] of this.#keys) if (key.expiresUs + REMEMBERED_US <= nowUs) this.#drop(text, key.accountId);
  }

  #drop(text: string, accountId: number): void {
    this.#keys.delete(text);
    if (this.#ofAccount.get(accountId) === text) this.#ofAccount.delete(accountId);
  }
}
