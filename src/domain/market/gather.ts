// Reads words that lie far apart, all at once. A word that is in no cache takes a hundred nanoseconds to come; reads that do not
// depend on each other wait for theirs together, as many as the processor looks ahead. JavaScript has no instruction that asks
// for memory without waiting for it, so this is how it is asked for beforehand: read what is needed soon, and let it be.

/** A loop of one read a turn is so long that half as many are on their way at once. */
const AT_ONCE = 4;

/** Room for so many places, in whole turns. */
export function gatherRoom(places: number): number {
  return Math.ceil(places / AT_ONCE) * AT_ONCE;
}

/**
 * into[i] = words[at[i] * stride + field] for the first `count` places, and for what `at` holds behind them up to a whole turn:
 * both have gatherRoom(), and whatever stands in `at` is a place. What is read is written somewhere, for else nobody would read it.
 */
export function gather(words: Int32Array, stride: number, field: number, at: Int32Array, count: number, into: Int32Array): void {
  for (let i = 0; i < count; i += AT_ONCE) {
    into[i] = words[at[i]! * stride + field]!;
    into[i + 1] = words[at[i + 1]! * stride + field]!;
    into[i + 2] = words[at[i + 2]! * stride + field]!;
    into[i + 3] = words[at[i + 3]! * stride + field]!;
  }
}
