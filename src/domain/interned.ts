// One copy of what very many rows have alike: the same asset, the same amount, none at all. Rows come from the log and from
// snapshots with copies of their own, and an account that does nothing is mostly such copies.

/** Far more than there are assets; beyond, texts stay as they came. */
const TEXTS_MAX = 10_000;
const texts = new Map<string, string>();

/** For names of which there are few. */
export function interned(text: string): string {
  const known = texts.get(text);
  if (known !== undefined) return known;
  if (texts.size < TEXTS_MAX) texts.set(text, text);
  return text;
}

const names: string[] = [''];
const numbers = new Map<string, number>();

/** A number for a name of which there are few, in this process alone; 0 = there are too many, it has none. */
export function nameNumber(name: string): number {
  let number = numbers.get(name) ?? 0;
  if (number > 0 || names.length > TEXTS_MAX) return number;
  number = names.push(interned(name)) - 1;
  numbers.set(name, number);
  return number;
}

/** The name that nameNumber gave the number, above 0, to. */
export function nameOf(number: number): string {
  return names[number] as string;
}

const NONE = 0n;

/** The amount, or the equal one that is kept anyway. */
export function sharedAmount(amount: bigint, kept: bigint): bigint {
  if (amount === NONE) return NONE;
  return amount === kept ? kept : amount;
}
