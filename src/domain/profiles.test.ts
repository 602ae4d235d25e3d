import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccountProfile } from './accountProfile.ts';
import { Profiles } from './profiles.ts';

const time = fc.integer({ min: 0, max: 2 ** 52 });
const rate = fc.oneof(fc.constantFrom(100_000, 0), fc.integer({ min: -(10 ** 8), max: 10 ** 8 }));
const rates = fc.record({ makerRate: rate, takerRate: rate });
const profile: fc.Arbitrary<AccountProfile> = fc.record({
  accountId: fc.integer({ min: 1000, max: 1020 }),
  name: fc.oneof(fc.string({ maxLength: 300 }), fc.string({ unit: 'grapheme', maxLength: 20 })),
  createdUs: time,
  rates,
  symbolRates: fc.dictionary(fc.constantFrom('BTCUSDT', 'ETHUSDT', '1'), rates),
  canTrade: fc.boolean(),
  canDeposit: fc.boolean(),
  canWithdraw: fc.boolean(),
  frozen: fc.boolean(),
  updateUs: time,
  tradeGroupId: fc.oneof(fc.constant(-1), fc.nat(), fc.maxSafeInteger()),
});

describe('profiles', () => {
  it('are what a Map of them is, field by field', () => {
    const actions = fc.array(fc.record({ kind: fc.constantFrom('set', 'set', 'get', 'delete'), row: profile }), { maxLength: 80 });
    fc.assert(
      fc.property(actions, (done) => {
        const profiles = new Profiles();
        const model = new Map<number, AccountProfile>();
        for (const { kind, row } of done) {
          const { accountId } = row;
          if (kind === 'set') {
            // Of a deleted one only the place differs, and none is ever deleted.
            profiles.set(accountId, row);
            model.set(accountId, row);
          } else if (kind === 'delete') expect(profiles.delete(accountId)).toBe(model.delete(accountId));
          expect(profiles.get(accountId)).toEqual(model.get(accountId));
          expect(profiles.size).toBe(model.size);
        }
        const byId = (a: AccountProfile, b: AccountProfile): number => a.accountId - b.accountId;
        expect([...profiles.ascending()]).toEqual([...model.values()].sort(byId));
        expect([...profiles.values()].sort(byId)).toEqual([...model.values()].sort(byId));
      }),
    );
  });

  it('share what very many have alike, and come in the order in which they were made', () => {
    const profiles = new Profiles();
    const [one] = fc.sample(profile, 1) as [AccountProfile];
    for (let id = 3; id > 0; id--) profiles.set(id, { ...one, accountId: id, rates: { makerRate: 1, takerRate: 2 }, symbolRates: {} });
    profiles.set(2, { ...(profiles.get(2) as AccountProfile), name: 'another, longer name' });
    expect(Array.from(profiles.values(), ({ accountId }) => accountId)).toEqual([3, 2, 1]);
    expect(profiles.highestId).toBe(3);
    expect(profiles.get(1)?.rates).toBe(profiles.get(2)?.rates);
    expect(profiles.get(1)?.symbolRates).toBe(profiles.get(3)?.symbolRates);
    // Who holds one keeps what it read.
    const before = profiles.get(1);
    profiles.set(1, { ...(before as AccountProfile), frozen: true });
    expect(before).not.toBe(profiles.get(1));
    expect(before?.frozen).toBe(one.frozen);
  });

  it('of many accounts are found again, whoever was asked for in between', () => {
    const profiles = new Profiles();
    const [one] = fc.sample(profile, 1) as [AccountProfile];
    const count = 100_000;
    for (let i = 0; i < count; i++) profiles.set(1000 + i, { ...one, accountId: 1000 + i, name: `account ${i}` });
    const wrong: number[] = [];
    for (let i = 0; i < count; i++) {
      const at = (i * 7919) % count;
      if (profiles.get(1000 + at)?.name !== `account ${at}`) wrong.push(at);
    }
    expect(wrong).toEqual([]);
    expect(profiles.get(999)).toBeUndefined();
  });
});
