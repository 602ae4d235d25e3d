// What a client's callbacks were given, for tests that wait for one message among many.
const TIMEOUT_MS = 15_000;

export class Inbox<Message = Record<string, unknown>> {
  readonly messages: Message[] = [];
  #waiting: (() => void)[] = [];

  readonly put = (message: Message): void => {
    this.messages.push(message);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  };

  /** The first message, come or coming, that is the one; throws when it does not come. */
  async first(isIt: (message: Message) => boolean): Promise<Message> {
    const deadline = Date.now() + TIMEOUT_MS;
    for (;;) {
      const found = this.messages.find(isIt);
      if (found !== undefined) return found;
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`not among ${JSON.stringify(this.messages.slice(-5))}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }
}
