// The bus inside one process: in memory alone, and with a journal at every durability.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryBus, type MemoryBusOptions } from '../../src/bus/memory/memoryBus.ts';
import type { Durability } from '../../src/bus/memory/storage.ts';
import { type BusTestOptions, type BusUnderTest, busConformance } from './bus.ts';

async function inMemory({ bytesMax }: BusTestOptions): Promise<BusUnderTest> {
  const bus = await MemoryBus.open(bytesMax === undefined ? {} : { memoryBytesMax: bytesMax });
  return {
    bus,
    other: bus,
    leaseTtlMs: 50,
    expireLease: async (lease) => bus.expireLease(lease.name),
    expireMember: async (group, id) => bus.expireMember(group, id),
    destroy: () => bus.close(),
  };
}

const journalled =
  (durability: Durability, memoryBytesMax: number) =>
  async ({ bytesMax }: BusTestOptions): Promise<BusUnderTest> => {
    const dir = mkdtempSync(join(tmpdir(), 'sedax-bus-'));
    const options: MemoryBusOptions = {
      journal: { dir, durability, intervalMs: 5 },
      memoryBytesMax,
      ...(bytesMax === undefined ? {} : { inFlightBytesMax: bytesMax }),
    };
    let bus = await MemoryBus.open(options);
    return {
      bus,
      other: bus,
      leaseTtlMs: 50,
      expireLease: async (lease) => bus.expireLease(lease.name),
      expireMember: async (group, id) => bus.expireMember(group, id),
      reopen: async () => {
        await bus.close();
        bus = await MemoryBus.open(options);
        return bus;
      },
      destroy: async () => {
        await bus.close();
        rmSync(dir, { recursive: true, force: true });
      },
    };
  };

busConformance('memory', inMemory);
busConformance('memory, journal always', journalled('always', 2 ** 26));
busConformance('memory, journal interval', journalled('interval', 2 ** 26));
busConformance('memory, journal none', journalled('none', 2 ** 26));
// Next to nothing stays in memory: readers live on the journal.
busConformance('memory, journal always, memory full', journalled('always', 1));
