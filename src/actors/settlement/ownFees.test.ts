import { expect, test } from 'vitest';
import { addFee, type OwnFee, withFee } from './ownFees.ts';

test('fees are added up by asset, in the order in which the assets first come up', () => {
  expect(withFee(undefined, 'BTC', 0n)).toBeUndefined();
  let fees: OwnFee[] | undefined;
  for (const [asset, units] of [
    ['USDT', 5n],
    ['BTC', 1n],
    ['USDT', 7n],
    ['BTC', 0n],
  ] as const)
    fees = withFee(fees, asset, units);
  expect(fees).toEqual([
    { asset: 'USDT', units: 12n },
    { asset: 'BTC', units: 1n },
  ]);
});

test('of many assets nothing is lost', () => {
  const fees: OwnFee[] = [];
  for (let round = 0; round < 3; round++) for (let i = 0; i < 20; i++) addFee(fees, `A${i}`, BigInt(i + 1));
  const sums = new Map<string, bigint>();
  for (const { asset, units } of fees) sums.set(asset, (sums.get(asset) ?? 0n) + units);
  for (let i = 0; i < 20; i++) expect(sums.get(`A${i}`)).toBe(3n * BigInt(i + 1));
  expect([...sums.keys()]).toEqual(Array.from({ length: 20 }, (_, i) => `A${i}`));
});
