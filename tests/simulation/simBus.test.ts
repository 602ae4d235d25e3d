// The simulated bus keeps every promise of a bus while nothing is set to go wrong.
import { type BusTestOptions, type BusUnderTest, busConformance } from '../conformance/bus.ts';
import { calmNetwork, Network } from './network.ts';
import { Random } from './random.ts';
import { Scheduler } from './scheduler.ts';
import { SimBus } from './simBus.ts';
import { SimDisk } from './simDisk.ts';
import { SimServer } from './simServer.ts';

async function simulated({ bytesMax }: BusTestOptions): Promise<BusUnderTest> {
  const random = new Random('conformance');
  const scheduler = new Scheduler(random.fork('scheduler'), (machine, error) => {
    throw new Error(`${machine.name}: ${error.message}`, { cause: error });
  });
  const network = new Network(random.fork('network'), calmNetwork());
  const disk = new SimDisk(random.fork('disk'), { commitUs: 100 });
  const events = { visible: () => undefined, snapshot: () => undefined, failed: () => undefined };
  const stop = scheduler.runRealTime();
  const startServer = (): Promise<SimServer> => SimServer.start(scheduler.machine('server'), disk, network, events);
  let server = await startServer();
  const client = (name: string): SimBus =>
    new SimBus({
      machine: scheduler.machine(name),
      network,
      server: () => server,
      appendTimeoutMs: 5000,
      ...(bytesMax === undefined ? {} : { inFlightBytesMax: bytesMax }),
    });
  let bus = client('one');
  const other = client('two');
  return {
    bus,
    other,
    leaseTtlMs: 200,
    expireLease: async (lease) => bus.neglectLease(lease.name),
    expireMember: async (group, id) => bus.neglectMember(group, id),
    reopen: async () => {
      await bus.close();
      await server.close();
      server.machine.crash();
      scheduler.remove(server.machine);
      server = await startServer();
      bus = client('one again');
      return bus;
    },
    destroy: async () => {
      await bus.close();
      await other.close();
      stop();
    },
  };
}

busConformance('simulated', simulated);
