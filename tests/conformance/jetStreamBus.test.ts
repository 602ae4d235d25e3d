// The bus on a real nats-server, which is found or fetched (see src/support/natsServer.ts).
import { afterAll, beforeAll } from 'vitest';
import { JetStreamBus } from '../../src/bus/jetstream/jetStreamBus.ts';
import { NatsServer } from '../../src/support/natsServer.ts';
import { type BusTestOptions, type BusUnderTest, busConformance } from './bus.ts';

let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start();
}, 600_000);
afterAll(() => server?.stop());

async function onJetStream({ bytesMax }: BusTestOptions): Promise<BusUnderTest> {
  const connect = (): Promise<JetStreamBus> =>
    JetStreamBus.connect({
      servers: [server.url],
      name: 'conformance',
      replicas: 1,
      ...(bytesMax === undefined ? {} : { inFlightBytesMax: bytesMax }),
    });
  let bus = await connect();
  const other = await connect();
  return {
    bus,
    other,
    leaseTtlMs: 600,
    expireLease: () => bus.abort(),
    expireMember: () => bus.abort(),
    reopen: async () => {
      await bus.close();
      bus = await connect();
      return bus;
    },
    destroy: async () => {
      await bus.close();
      await removeEverything(other);
      await other.close();
    },
  };
}

/** The next test starts from nothing. */
async function removeEverything({ connection }: JetStreamBus): Promise<void> {
  const names = await connection.request('$JS.API.STREAM.NAMES', '', { timeout: 5000 });
  for (const name of names.json<{ streams?: string[] }>().streams ?? []) {
    await connection.request(`$JS.API.STREAM.DELETE.${name}`, '', { timeout: 5000 });
  }
}

busConformance('JetStream', onJetStream);
