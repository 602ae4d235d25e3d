import { JetStreamApiError } from '@nats-io/jetstream';
import { expect, test } from 'vitest';
import { whileItPasses } from './creating.ts';

const failure = (err_code: number, description: string): Error => new JetStreamApiError({ code: 400, err_code, description });

test('a cluster that lacks a peer for a moment is asked again', async () => {
  const failures = [failure(10_005, 'no suitable peers for placement, peer offline'), failure(10_008, 'system temporarily unavailable')];
  let calls = 0;
  const made = await whileItPasses(async () => {
    calls++;
    const next = failures.shift();
    if (next !== undefined) throw next;
    return 'a bucket';
  }, 1);
  expect([made, calls]).toEqual(['a bucket', 3]);
});

test('what does not pass is told at once, what never passes in the end', async () => {
  const calls = { lasting: 0, passing: 0 };
  const lasting = whileItPasses(async () => {
    calls.lasting++;
    throw failure(10_052, 'the configuration is wrong');
  }, 1);
  await expect(lasting).rejects.toThrow('the configuration is wrong');
  const passing = whileItPasses(async () => {
    calls.passing++;
    throw failure(10_005, 'no suitable peers');
  }, 1);
  await expect(passing).rejects.toThrow('no suitable peers');
  expect(calls).toEqual({ lasting: 1, passing: 40 });
});
