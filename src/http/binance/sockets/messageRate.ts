// How many messages a client may send in a second. Time is an argument.

const SECOND_US = 1_000_000;

export class MessageRate {
  readonly #perSecond: number;
  #secondStartUs = 0;
  #count = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Counts one; false when it is one too many. */
  admit(nowUs: number): boolean {
    if (nowUs - this.#secondStartUs >= SECOND_US) {
      this.#secondStartUs = nowUs;
      this.#count = 0;
    }
    return ++this.#count <= this.#perSecond;
  }
}
