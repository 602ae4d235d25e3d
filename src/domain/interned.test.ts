import { expect, test } from 'vitest';
import { interned, sharedAmount } from './interned.ts';

test('an interned text is that text, however many there are', () => {
  const texts = Array.from({ length: 20_000 }, (_, i) => `ASSET${i}`);
  for (const text of texts) expect(interned(text)).toBe(text);
  expect(interned(['ASS', 'ET1'].join(''))).toBe('ASSET1');
});

test('a shared amount is that amount', () => {
  for (const [amount, kept] of [
    [0n, 5n],
    [5n, 5n],
    [5n, 0n],
    [-(2n ** 90n), 2n ** 90n],
  ] as const)
    expect(sharedAmount(amount, kept)).toBe(amount);
});
