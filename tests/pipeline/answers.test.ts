// When and what a client is told: never before what the answer rests on is in the log, and only what its own command did.
import { expect, test } from 'vitest';
import { type OrdersBefore, readReports } from '../../src/actors/acquiring/marketReports.ts';
import { type AdminAnswer, AdminBehaviour, type AdminInput, REGISTRY } from '../../src/actors/admin/adminBehaviour.ts';
import { LeaseLostError } from '../../src/actors/leaseErrors.ts';
import { Partition } from '../../src/actors/partition.ts';
import { ActorRoot } from '../../src/actors/supervision.ts';
import { AppendTimeoutError } from '../../src/bus/bus.ts';
import { MemoryBus } from '../../src/bus/memory/memoryBus.ts';
import { streams, subjectsOf } from '../../src/bus/subjects.ts';
import type { ChangeLogEntry } from '../../src/domain/changeLogEntry.ts';
import { Market } from '../../src/domain/market/market.ts';
import { RequestKind, Side } from '../../src/domain/orderTerms.ts';
import type { OrderReport } from '../../src/ports/exchangePort.ts';
import { SystemClock } from '../../src/support/clock.ts';
import { MemoryStorage } from '../fixtures/memoryStorage.ts';
import { instrument, order, request } from '../market/fixture.ts';
import { TEST_PIPELINE_CONFIG } from './venue.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const change: AdminInput['change'] = {
  kind: 'createAccount',
  account: {
    accountId: 1000,
    name: 'a',
    rates: { makerRate: 0, takerRate: 0 },
    symbolRates: {},
    canTrade: true,
    canDeposit: true,
    canWithdraw: true,
    frozen: false,
    tradeGroupId: -1,
  },
};

test('a refusal waits for the step that it rests on, and is never given when that step fails', async () => {
  const storage = new MemoryStorage();
  const bus = await MemoryBus.open({ journal: { dir: '', durability: 'always', intervalMs: 5, storage } });
  await bus.ensureStream(streams.admin, subjectsOf(streams.admin));
  const root = new ActorRoot(silent, () => undefined);
  const failed: Error[] = [];
  const partition = new Partition(new AdminBehaviour(), {
    bus,
    clock: new SystemClock(),
    root,
    parent: root.group('admin'),
    options: TEST_PIPELINE_CONFIG.partition,
    writer: 'test',
    leaseTtlMs: 1000,
    onFailed: (error) => failed.push(error),
  });
  await partition.start();
  let go: () => void = () => undefined;
  storage.hold = new Promise((resolve) => {
    go = resolve;
  });
  const answers: AdminAnswer[] = [];
  partition.submit(REGISTRY, { change, answer: (answer) => answers.push(answer) });
  await partition.between(() => undefined);
  partition.submit(REGISTRY, { change, answer: (answer) => answers.push(answer) });
  for (let i = 0; i < 3; i++) await partition.between(() => undefined);
  expect(answers).toEqual([]);
  storage.failCommit = new Error('the disk is gone');
  go();
  await expect.poll(() => failed.length).toBe(1);
  expect(answers).toEqual([]);
  root.stop();
  await bus.close().catch(() => undefined);
});

test('a snapshot is not stored when a step it holds never came into the log', async () => {
  const bus = await MemoryBus.open();
  await bus.ensureStream(streams.admin, subjectsOf(streams.admin));
  const root = new ActorRoot(silent, () => undefined);
  let fails = false;
  const failed: Error[] = [];
  const partition = new Partition(new AdminBehaviour(), {
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
    onFailed: (error) => failed.push(error),
  });
  await partition.start();
  fails = true;
  partition.submit(REGISTRY, { change, answer: () => undefined });
  await expect(partition.snapshot()).rejects.toThrow();
  await expect(partition.snapshot()).rejects.toBeInstanceOf(LeaseLostError);
  expect(failed).toHaveLength(1);
  expect(await bus.getSnapshot(streams.admin)).toBeUndefined();
  root.stop();
  await bus.close();
});

test('who waits for the end of a batch goes on when the partition fails', async () => {
  const storage = new MemoryStorage();
  const bus = await MemoryBus.open({ journal: { dir: '', durability: 'always', intervalMs: 5, storage } });
  await bus.ensureStream(streams.admin, subjectsOf(streams.admin));
  const root = new ActorRoot(silent, () => undefined);
  const partition = new Partition(new AdminBehaviour(), {
    bus,
    clock: new SystemClock(),
    root,
    parent: root.group('admin'),
    // One step in flight is all there may be: the next batch waits for it.
    options: { ...TEST_PIPELINE_CONFIG.partition, maxInFlight: 1 },
    writer: 'test',
    leaseTtlMs: 1000,
    onFailed: () => undefined,
  });
  await partition.start();
  let go: () => void = () => undefined;
  storage.hold = new Promise((resolve) => {
    go = resolve;
  });
  partition.submit(REGISTRY, { change, answer: () => undefined });
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
  const snapshot = partition.snapshot();
  const stopped = partition.stop();
  storage.failCommit = new Error('the disk is gone');
  go();
  await expect(snapshot).rejects.toThrow();
  await stopped;
  root.stop();
  await bus.close().catch(() => undefined);
});

test('each command of a step is told the order as that command left it', () => {
  const market = new Market(instrument);
  const out: ChangeLogEntry[] = [];
  market.place([order({ orderId: 1, side: Side.SELL, commandId: 11, priceTicks: 100, origLots: 10 })], null, 1, out);
  market.request(1, request(RequestKind.AMEND, { commandId: 12, lots: 8, clientOrderId: 'renamed' }), 1, out);
  market.place([order({ orderId: 2, side: Side.BUY, commandId: 13, priceTicks: 100, origLots: 3 })], null, 1, out);
  for (const [i, entry] of out.entries()) entry.sequence = i + 1;
  const placed = new Map<number, OrderReport>();
  const requested = new Map<number, OrderReport | undefined>();
  const before: OrdersBefore = { openOrder: () => undefined, openList: () => undefined };
  readReports(out, before, {
    awaits: () => true,
    placing: (commandId) => ({ placed: (report) => void placed.set(commandId, report) }),
    listed: () => undefined,
    requested: (commandId, _orderId, _outcome, report) => void requested.set(commandId, report),
    ended: () => undefined,
  });
  expect(placed.get(11)?.order).toMatchObject({ orderId: 1, origLots: 10, executedLots: 0 });
  expect(placed.get(11)?.executionId).toBe(1);
  expect(placed.get(11)?.order.clientOrderId).not.toBe('renamed');
  expect(requested.get(12)?.order).toMatchObject({ orderId: 1, origLots: 8, executedLots: 0, clientOrderId: 'renamed' });
  expect(placed.get(13)?.order).toMatchObject({ orderId: 2, executedLots: 3 });
  expect(placed.get(13)?.fills).toHaveLength(1);
});
