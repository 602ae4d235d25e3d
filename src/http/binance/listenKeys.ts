// The retired way to user data, for clients older than 2026-02-20: a key per account that a stream socket is opened with. A
// key lives for an hour after it was made or kept alive. Time is an argument.
import { randomToken } from '../auth/signature.ts';

const LIFE_US = 3_600_000_000;

interface ListenKey {
  readonly accountId: number;
  expiresUs: number;
}

export class ListenKeys {
  readonly #keys = new Map<string, ListenKey>();
  readonly #ofAccount = new Map<number, string>();

  /** The account's key, made or kept alive. */
  open(accountId: number, nowUs: number): string {
    this.#dropExpired(nowUs);
    let text = this.#ofAccount.get(accountId);
    if (text === undefined) {
      text = randomToken();
      this.#ofAccount.set(accountId, text);
    }
    this.#keys.set(text, { accountId, expiresUs: nowUs + LIFE_US });
    return text;
  }

  /** False when there is no such key of the account. */
  keepAlive(text: string, accountId: number, nowUs: number): boolean {
    const key = this.#live(text, nowUs);
    if (key?.accountId !== accountId) return false;
    key.expiresUs = nowUs + LIFE_US;
    return true;
  }

  close(text: string, accountId: number, nowUs: number): boolean {
    if (this.#live(text, nowUs)?.accountId !== accountId) return false;
    this.#drop(text, accountId);
    return true;
  }

  /** The account a live key stands for. */
  accountOf(text: string, nowUs: number): number | undefined {
    return this.#live(text, nowUs)?.accountId;
  }

  #live(text: string, nowUs: number): ListenKey | undefined {
    const key = this.#keys.get(text);
    return key !== undefined && key.expiresUs > nowUs ? key : undefined;
  }

  #dropExpired(nowUs: number): void {
    for (const [text, key] of this.#keys) if (key.expiresUs <= nowUs) this.#drop(text, key.accountId);
  }

  #drop(text: string, accountId: number): void {
    this.#keys.delete(text);
    this.#ofAccount.delete(accountId);
  }
}
