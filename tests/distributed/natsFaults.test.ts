// A venue over three nats-servers, trading while the servers misbehave: one hangs, one is cut off from the others, one comes
// back with an empty store. What clients were told is held against the logs.
import { afterEach, expect, test } from 'vitest';
import type { NatsCluster } from '../../src/support/natsCluster.ts';
import type { NatsServer } from '../../src/support/natsServer.ts';
import { RouteProxy } from './routeProxy.ts';
import { Traders } from './traders.ts';
import { ClusterVenue } from './venue.ts';

const PARTITIONS = 2;
/** Longer than an election: the others go on without it. */
const FAULT_MS = 12_000;

let venue: ClusterVenue<NatsCluster> | undefined;
const wires: { readonly from: number; readonly to: number; readonly proxy: RouteProxy }[] = [];
afterEach(async () => {
  await venue?.close();
  for (const { proxy } of wires.splice(0)) proxy.close();
}, 60_000);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('a server that hangs, one that is cut off and one that lost its disk cost time and nothing else', {
  timeout: 10 * 60_000,
}, async () => {
  venue = await ClusterVenue.start(PARTITIONS, {
    through: async (from, to, routePort) => {
      const proxy = await RouteProxy.start(routePort);
      wires.push({ from, to, proxy });
      return proxy.port;
    },
  });
  const at = venue;
  await at.add('writers-1', 'admin,settlement,match,kline,history');
  await at.add('edge-1', 'acquiring,push');
  await at.add('writers-2', 'settlement,match,kline');
  const accounts = [];
  for (const name of ['alice', 'bob', 'carol']) accounts.push(await at.account('edge-1', name));
  const traders = new Traders(at, ['edge-1'], accounts);
  const report: string[] = [];
  await traders.progress(50);

  /** The server that leads the accounts of partition 0: the fault that hurts most. */
  const leader = async (): Promise<NatsServer> => {
    const bus = await at.bus('who leads');
    try {
      const info = await bus.connection.request('$JS.API.STREAM.INFO.accounts-0', '', { timeout: 5_000 });
      return at.nats.server(info.json<{ cluster: { leader: string } }>().cluster.leader);
    } finally {
      await bus.close();
    }
  };
  const during = async (what: string, begin: () => unknown, end: () => unknown): Promise<void> => {
    const before = traders.told.acknowledged.size;
    const startedMs = performance.now();
    await begin();
    await pause(FAULT_MS);
    const inFault = traders.told.acknowledged.size - before;
    await end();
    await at.nats.whenHealthy();
    await traders.progress(50);
    report.push(
      `${what}: ${inFault} orders acknowledged meanwhile, well again ${Math.round(performance.now() - startedMs - FAULT_MS)} ms after its end`,
    );
  };

  const hanging = await leader();
  await during(
    'the leader hung (SIGSTOP)',
    () => hanging.signal('SIGSTOP'),
    () => hanging.signal('SIGCONT'),
  );
  const alone = at.nats.servers.indexOf(await leader());
  const around = wires.filter(({ from, to }) => from === alone || to === alone);
  expect(around).toHaveLength(4);
  await during(
    'the leader cut off from the others',
    () => {
      for (const { proxy } of around) proxy.cut();
    },
    () => {
      for (const { proxy } of around) proxy.mend();
    },
  );
  const empty = await leader();
  await during(
    'the leader killed, back with an empty store',
    () => empty.signal('SIGKILL'),
    () => empty.restartEmpty(),
  );
  await traders.stop();
  report.push(await traders.check('edge-1'));
  process.stdout.write(`${report.join('\n')}\n`);
});
