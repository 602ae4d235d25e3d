import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AccountCommand } from '../../domain/command.ts';
import { decodeCommands, encodeAnswers } from './commandBatch.ts';
import { BatchedRoute } from './commandRoute.ts';
import type { PartitionClient } from './partitionClient.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const command = (commandId: number): AccountCommand => {
  return { kind: 'Deposit', commandId, accountId: 1000, requestId: `r${commandId}`, asset: 'BTC', units: 1n };
};

function routed() {
  /** Command ids of each request, and the way to let it be answered. */
  const requests: { readonly ids: readonly number[]; answer(): void; fail(): void }[] = [];
  const client = {
    ask: (_stream: string, _endpoint: string, payload: Uint8Array) =>
      new Promise<Uint8Array>((resolve, reject) => {
        const ids = decodeCommands(payload).commands.map(({ commandId }) => commandId);
        const answer = (): void => {
          resolve(encodeAnswers(ids.map(() => ({ ok: true, orders: [], list: null, requestedOrderIds: [] }))));
        };
        requests.push({ ids, answer, fail: () => reject(new Error('gone')) });
      }),
  } as unknown as PartitionClient;
  const registry = { position: 1, reached: () => Promise.resolve() };
  const route = new BatchedRoute({ client, registry, accountPartitions: 1, timeoutMs: 1000 });
  const answered: number[] = [];
  const failed: number[] = [];
  const send = (id: number): void => route.send(command(id), { answered: () => answered.push(id), failed: () => failed.push(id) });
  return { requests, answered, failed, send };
}

test('an order alone leaves at once, what comes during its round trip leaves together', async () => {
  const { requests, answered, send } = routed();
  send(1);
  send(2);
  await vi.advanceTimersByTimeAsync(0);
  expect(requests.map(({ ids }) => ids)).toEqual([[1, 2]]);
  send(3);
  await vi.advanceTimersByTimeAsync(1);
  send(4);
  expect(requests).toHaveLength(1);
  requests[0]?.answer();
  await vi.advanceTimersByTimeAsync(0);
  expect(requests.map(({ ids }) => ids)).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect(answered).toEqual([1, 2]);
});

test('an owner that does not answer holds nobody up for long, and a full request not at all', async () => {
  const { requests, failed, send } = routed();
  send(1);
  await vi.advanceTimersByTimeAsync(0);
  send(2);
  await vi.advanceTimersByTimeAsync(4);
  expect(requests).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(requests.map(({ ids }) => ids)).toEqual([[1], [2]]);
  for (let id = 3; id < 3 + 256; id++) send(id);
  await vi.advanceTimersByTimeAsync(0);
  expect(requests.map(({ ids }) => ids.length)).toEqual([1, 1, 256]);
  for (const { fail } of requests) fail();
  await vi.advanceTimersByTimeAsync(0);
  expect(failed).toHaveLength(258);
});
