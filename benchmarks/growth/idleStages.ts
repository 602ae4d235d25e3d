// Which stage an idle account weighs in: after a restart each stage's state is recovered in turn, in the same process, and what the
// memory grew by is that stage's.
import { setTimeout as sleep } from 'node:timers/promises';
import { AdminBehaviour } from '../../src/actors/admin/adminBehaviour.ts';
import { RegistryReader } from '../../src/actors/admin/registryReader.ts';
import type { Behaviour } from '../../src/actors/behaviour.ts';
import { Children } from '../../src/actors/children.ts';
import { PushHub } from '../../src/actors/push/pushHub.ts';
import { recoverPartition } from '../../src/actors/recovery.ts';
import { AccountBehaviour } from '../../src/actors/settlement/accountBehaviour.ts';
import { MemoryBus } from '../../src/bus/memory/memoryBus.ts';
import { decodeSnapshot } from '../../src/codec/snapshotCodec.ts';
import { NO_ACCOUNT_LIMITS } from '../../src/domain/account/limits.ts';
import { openKeeper } from '../../src/history/openKeeper.ts';

/** Bytes by stage. */
export type StageBytes = Readonly<Record<(typeof STAGES)[number], number>>;
export const STAGES = ['registry', 'admin', 'settlement', 'push', 'history'] as const;

/** Heap and array buffers; buffers are let go of after the collection that finds them. Needs --expose-gc. */
export async function bytesInUse(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await sleep(20);
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Of a venue that was funded and ended, see idleAccounts.ts. */
export async function bytesOfStages(dir: string): Promise<StageBytes> {
  const bus = await MemoryBus.open({ journal: { dir: `${dir}/journal`, durability: 'none', intervalMs: 20 } });
  const registry = new RegistryReader(bus);
  const hub = new PushHub({ instruments: (symbol) => registry.instrument(symbol) });
  const settlement = { partition: 0, accountPartitions: 1, marketPartitions: 1, limits: NO_ACCOUNT_LIMITS, onPoison: () => undefined };
  const held: unknown[] = [];
  const open: Record<(typeof STAGES)[number], () => Promise<unknown>> = {
    registry: () => registry.start((error) => Promise.reject(error)),
    admin: () => childrenOf(bus, new AdminBehaviour()),
    settlement: () => childrenOf(bus, new AccountBehaviour({ ...settlement, registry })),
    push: async () => hub.restore(decodeSnapshot((await bus.getSnapshot('push'))!.data)),
    history: () => openKeeper({ dir: `${dir}/history`, thread: false }),
  };
  const bytes = {} as Record<(typeof STAGES)[number], number>;
  let before = await bytesInUse();
  for (const stage of STAGES) {
    held.push(await open[stage]());
    const after = await bytesInUse();
    bytes[stage] = after - before;
    before = after;
  }
  registry.stop();
  await (held.at(-1) as { close(): Promise<void> }).close();
  await bus.close();
  return bytes;
}

async function childrenOf<State, Input>(bus: MemoryBus, behaviour: Behaviour<State, Input>): Promise<unknown> {
  const children = new Children(behaviour);
  const recovered = await recoverPartition(bus, behaviour);
  for (const [key, state] of recovered.children) children.adoptResting(key, state);
  behaviour.live?.();
  return children;
}
