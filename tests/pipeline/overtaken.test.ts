// A writer that lost its stream and has not heard of it meets what its successor brought about.
import { expect, test } from 'vitest';
import { AdminBehaviour, REGISTRY } from '../../src/actors/admin/adminBehaviour.ts';
import { KLineBehaviour } from '../../src/actors/kline/klineBehaviour.ts';
import { LeaseLostError } from '../../src/actors/leaseErrors.ts';
import { Partition } from '../../src/actors/partition.ts';
import { PartitionHost } from '../../src/actors/partitionHost.ts';
import { ActorRoot } from '../../src/actors/supervision.ts';
import { type AppendRequest, AppendTimeoutError } from '../../src/bus/bus.ts';
import { MemoryBus } from '../../src/bus/memory/memoryBus.ts';
import { streams, subjects, subjectsOf } from '../../src/bus/subjects.ts';
import { encodeStep } from '../../src/codec/stepCodec.ts';
import { created, EntityType, entityIds } from '../../src/domain/changeLogEntry.ts';
import type { SpotTrade } from '../../src/domain/spotTrade.ts';
import { SystemClock } from '../../src/support/clock.ts';
import { TEST_PIPELINE_CONFIG } from './venue.ts';

class Failing extends KLineBehaviour {
  override run(): void {
    throw new Error('it makes no sense to me');
  }

  override fresh(): Failing {
    return new Failing({ partition: 0, onPoison: () => undefined });
  }
}

test('a child that crashes in an overtaken partition is not poisoned: the partition is let go', async () => {
  const bus = await MemoryBus.open();
  for (const stream of [streams.markets(0), streams.klines(0)]) await bus.ensureStream(stream, subjectsOf(stream));
  const logged: string[] = [];
  const log = (_facts: object, message: string): void => void logged.push(message);
  const root = new ActorRoot({ info: log, warn: log, error: log }, () => undefined);
  const failed: Error[] = [];
  const poisoned: string[] = [];
  const partition = new Partition(new Failing({ partition: 0, onPoison: (symbol) => poisoned.push(symbol) }), {
    bus,
    clock: new SystemClock(),
    root,
    parent: root.group('kline'),
    options: { ...TEST_PIPELINE_CONFIG.partition, poisonAttempts: 1 },
    writer: 'old',
    leaseTtlMs: 60_000,
    onFailed: (error) => failed.push(error),
  });
  await partition.start();
  const { epoch } = partition;
  await bus.append({
    stream: streams.klines(0),
    subject: subjects.epoch(streams.klines(0)),
    headers: { 'Sedax-Epoch': String(epoch + 1), 'Sedax-Writer': 'new' },
    payload: encodeStep([]),
    expectedLastSequence: 1,
  });
  const trade: SpotTrade = {
    tradeId: 1,
    symbol: 'BTCUSDT',
    priceTicks: 100,
    lots: 1,
    quoteUnits: 1000n,
    buyerIsMaker: true,
    buyerOrderId: 1,
    sellerOrderId: 2,
    buyerAccountId: 1000,
    sellerAccountId: 1001,
    buyerFeeUnits: 0n,
    sellerFeeUnits: 0n,
    tradeUs: 1_700_000_000_000_000,
  };
  const entry = created(EntityType.SpotTrade, entityIds.trade('BTCUSDT', 1), trade, trade.tradeUs);
  entry.sequence = 1;
  await bus.append({
    stream: streams.markets(0),
    subject: subjects.tradeMatch(0, 'BTCUSDT'),
    headers: { 'Sedax-Last-Entry': '1' },
    payload: encodeStep([entry]),
    expectedLastSequence: 0,
  });
  await expect.poll(() => failed.length, { timeout: 10_000 }).toBe(1);
  expect(failed[0]).toBeInstanceOf(LeaseLostError);
  expect(poisoned).toEqual([]);
  expect(logged.filter((message) => message.startsWith('poison'))).toEqual([]);
  root.stop();
  await bus.close();
});

test('a start during which the lease is lost is no start', async () => {
  const bus = await MemoryBus.open();
  await bus.ensureStream(streams.admin, subjectsOf(streams.admin));
  const silent = (): void => undefined;
  const root = new ActorRoot({ info: silent, warn: silent, error: silent }, () => undefined);
  const host = new PartitionHost(() => new AdminBehaviour(), {
    bus: new Proxy(bus, {
      get: (target, name: keyof MemoryBus) => {
        if (name === 'append') {
          return async (request: AppendRequest) => {
            bus.expireLease(streams.admin);
            return bus.append(request);
          };
        }
        const member: unknown = target[name];
        return typeof member === 'function' ? member.bind(target) : member;
      },
    }),
    clock: new SystemClock(),
    root,
    parent: root.group('admin'),
    options: TEST_PIPELINE_CONFIG.partition,
    writer: 'test',
    leaseTtlMs: 1000,
    onLost: () => undefined,
  });
  await expect(host.start()).rejects.toBeInstanceOf(LeaseLostError);
  expect(host.running).toBeUndefined();
  root.stop();
  await bus.close();
});

test('a partition that failed and was handed over can be taken again', async () => {
  const bus = await MemoryBus.open();
  await bus.ensureStream(streams.admin, subjectsOf(streams.admin));
  let fails = false;
  const silent = (): void => undefined;
  const root = new ActorRoot({ info: silent, warn: silent, error: silent }, () => undefined);
  const host = new PartitionHost(() => new AdminBehaviour(), {
    bus: new Proxy(bus, {
      get: (target, name: keyof MemoryBus) => {
        if (name === 'append' && fails) return () => Promise.reject(new AppendTimeoutError('no answer'));
        const member: unknown = target[name];
        return typeof member === 'function' ? member.bind(target) : member;
      },
    }),
    clock: new SystemClock(),
    root,
    parent: root.group('admin'),
    options: TEST_PIPELINE_CONFIG.partition,
    writer: 'test',
    leaseTtlMs: 1000,
    onLost: () => undefined,
  });
  await host.start();
  fails = true;
  host.current.submit(REGISTRY, { change: { kind: 'updateAccount', accountId: 1, change: {} }, answer: () => undefined });
  host.current.submit(REGISTRY, {
    change: {
      kind: 'createAccount',
      account: {
        name: 'a',
        rates: { makerRate: 0, takerRate: 0 },
        symbolRates: {},
        canTrade: true,
        canDeposit: true,
        canWithdraw: true,
        frozen: false,
        tradeGroupId: -1,
      },
    },
    answer: () => undefined,
  });
  await host.current.between(() => undefined);
  await host.stop();
  fails = false;
  await host.start();
  expect(host.running).toBeDefined();
  await host.stop();
  root.stop();
  await bus.close();
});
