// How a partition cuts its work into steps on a bus where only one append of a stream travels at a time.
import { expect, test } from 'vitest';
import { AdminBehaviour, type AdminInput, REGISTRY } from '../../src/actors/admin/adminBehaviour.ts';
import { Partition } from '../../src/actors/partition.ts';
import { ActorRoot } from '../../src/actors/supervision.ts';
import type { AppendRequest, Bus } from '../../src/bus/bus.ts';
import { MemoryBus } from '../../src/bus/memory/memoryBus.ts';
import { streams, subjectsOf } from '../../src/bus/subjects.ts';
import { SystemClock } from '../../src/support/clock.ts';
import { TEST_PIPELINE_CONFIG } from './venue.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const MAX_BATCH = 8;

/** Holds the acknowledgements of appends back until they are let go. */
class SlowBus {
  readonly waiting: (() => void)[] = [];
  slow = false;
  readonly bus: Bus;

  constructor(bus: MemoryBus) {
    const append = async (request: AppendRequest): Promise<number> => {
      const sequence = await bus.append(request);
      if (this.slow) await new Promise<void>((resolve) => this.waiting.push(resolve));
      return sequence;
    };
    this.bus = new Proxy(bus, {
      get: (target, name) => {
        if (name === 'append') return append;
        if (name === 'appendsAtOnce') return 1;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }
}

const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
};

test('what comes while a step is on its way is one step; only a full one is prepared meanwhile', async () => {
  const memory = await MemoryBus.open();
  const slow = new SlowBus(memory);
  await memory.ensureStream(streams.admin, subjectsOf(streams.admin));
  const root = new ActorRoot(silent, () => undefined);
  const partition = new Partition(new AdminBehaviour(), {
    bus: slow.bus,
    clock: new SystemClock(),
    root,
    parent: root.group('admin'),
    options: { ...TEST_PIPELINE_CONFIG.partition, maxBatch: MAX_BATCH },
    writer: 'test',
    leaseTtlMs: 1000,
    onFailed: () => undefined,
  });
  await partition.start();
  slow.slow = true;
  const before = partition.sequence;
  let answered = 0;
  let lastId = 1000;
  const submit = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const rates = { makerRate: 0, takerRate: 0 };
      const account = { accountId: ++lastId, name: `a${lastId}`, rates, symbolRates: {}, frozen: false, tradeGroupId: -1 };
      const change: AdminInput['change'] = {
        kind: 'createAccount',
        account: { ...account, canTrade: true, canDeposit: true, canWithdraw: true },
      };
      partition.submit(REGISTRY, { change, answer: () => answered++ });
    }
  };
  submit(1);
  await turns();
  expect(partition.sequence).toBe(before + 1);

  submit(3);
  await turns();
  expect([partition.sequence, partition.queued]).toEqual([before + 1, 3]);
  slow.waiting.shift()?.();
  await turns();
  expect([answered, partition.sequence, partition.queued]).toEqual([1, before + 2, 0]);

  submit(3 * MAX_BATCH);
  await turns();
  expect([partition.sequence, partition.queued]).toEqual([before + 3, 2 * MAX_BATCH]);

  slow.slow = false;
  for (const go of slow.waiting.splice(0)) go();
  await expect.poll(() => answered).toBe(4 + 3 * MAX_BATCH);
  await partition.stop();
  root.stop();
  await memory.close();
});
