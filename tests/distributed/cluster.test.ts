// Two real processes per role over a real three-node cluster, trading while processes and a nats-server are killed: every
// acknowledged order is in the log once, everything adds up, what lives is what the logs say, and lag returns to 0.
import { afterEach, expect, test } from 'vitest';
import type { NatsCluster } from '../../src/support/natsCluster.ts';
import { Traders } from './traders.ts';
import { ClusterVenue } from './venue.ts';

const PARTITIONS = 4;
/** What the death of a process may cost. */
const TAKE_OVER_MS = 5_000;

let venue: ClusterVenue<NatsCluster> | undefined;
afterEach(async () => {
  await venue?.close();
  venue = undefined;
}, 60_000);

test('kills of every kind under load lose and double nothing', { timeout: 10 * 60_000 }, async () => {
  venue = await ClusterVenue.start(PARTITIONS);
  const at = venue;
  const report: string[] = [];
  // The first of each role before the second: the streams are made once.
  await at.add('settlement-1', 'admin,settlement');
  await at.add('match-1', 'match,kline');
  await at.add('history-1', 'history');
  await at.add('edge-1', 'acquiring,push');
  await Promise.all([
    at.add('settlement-2', 'admin,settlement'),
    at.add('match-2', 'match,kline'),
    at.add('history-2', 'history'),
    at.add('edge-2', 'acquiring,push'),
  ]);
  const accounts = [];
  for (const name of ['alice', 'bob', 'carol', 'dave']) accounts.push(await at.account('edge-1', name));
  // Edges learn of keys from the log.
  for (const { key } of accounts) await at.knows('edge-2', key);

  const traders = new Traders(at, ['edge-1', 'edge-2'], accounts);
  await traders.progress(100);

  /** Kills a process and measures until each stream it wrote has another writer at work. */
  const killAndTime = async (name: string): Promise<void> => {
    const lost = (await at.health('edge-2')).cluster.owners.filter(({ writer }) => writer === name).map(({ stream }) => stream);
    expect(lost.length).toBeGreaterThan(0);
    const killedMs = performance.now();
    await at.kill(name);
    await expect
      .poll(
        async () =>
          (await at.health('edge-2')).cluster.owners.filter(({ stream, writer }) => lost.includes(stream) && writer === name).length,
        {
          timeout: 20_000,
          interval: 20,
        },
      )
      .toBe(0);
    const tookMs = Math.round(performance.now() - killedMs);
    report.push(`${name} killed: ${lost.length} streams taken over after ${tookMs} ms`);
    expect(tookMs).toBeLessThan(TAKE_OVER_MS);
    await traders.progress(100);
  };
  await killAndTime('settlement-1');
  await at.add('settlement-1', 'admin,settlement');
  await killAndTime('match-1');
  await at.add('match-1', 'match,kline');
  await at.kill('history-1');
  await at.kill('edge-1');
  await traders.progress(50);
  await at.add('edge-1', 'acquiring,push');
  // A hand-over, not a death: SIGTERM.
  expect(await at.stop('match-2')).toBe(0);
  await traders.progress(50);
  const [, server] = at.nats.servers;
  await server?.signal('SIGKILL');
  await traders.progress(50);
  await server?.restart();
  await at.nats.whenHealthy();
  await traders.progress(50);
  await traders.stop();
  report.push(await traders.check('edge-2'));
  process.stdout.write(`${report.join('\n')}\n`);
});
