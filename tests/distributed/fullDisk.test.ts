// A nats-server whose disk is full: a real one of a few megabytes (tmpfs, which only root may mount). One of three costs nothing but
// itself; when no server can store, the exchange says so and takes nothing more, and once there is room it goes on. What clients
// were told is held against the logs.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { NatsServer } from '../../src/support/natsServer.ts';
import { SmallDisk } from '../faults/smallDisk.ts';
import { Traders } from './traders.ts';
import { type ClusterHealth, ClusterVenue } from './venue.ts';

const PARTITIONS = 2;
const DISK_MB = 64;
/** What is left of the room when somebody else has taken it. */
const LEFT_BYTES = 128 * 1024;
/** Longer than an election, and than a command waits for its outcome. */
const FULL_MS = 15_000;

const whyNot = SmallDisk.whyNot();
if (whyNot !== undefined) process.stdout.write(`full disk of a nats-server: skipped, ${whyNot}\n`);

let venue: ClusterVenue | undefined;
const root = mkdtempSync(join(tmpdir(), 'sedax-full-nats-'));
const disks: SmallDisk[] = [];
afterEach(async () => {
  await venue?.close();
  venue = undefined;
  for (const disk of disks.splice(0)) disk.unmount();
  rmSync(root, { recursive: true, force: true });
}, 60_000);

function smallDisk(dir: string): SmallDisk {
  const disk = SmallDisk.mount(dir, DISK_MB);
  if (typeof disk === 'string') throw new Error(disk);
  disks.push(disk);
  return disk;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const seconds = (sinceMs: number): string => `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;

/** The venue's processes and clients that trade; the edge looks at the servers. */
async function open(at: ClusterVenue, monitoringUrls: readonly string[]): Promise<Traders> {
  venue = at;
  await at.add('writers-1', 'admin,settlement,match,kline,history');
  await at.add('edge-1', 'acquiring,push', { SEDAX_NATS_MONITORING_URLS: monitoringUrls.join(',') });
  await at.add('writers-2', 'settlement,match,kline');
  const accounts = [];
  for (const name of ['alice', 'bob', 'carol']) accounts.push(await at.account('edge-1', name));
  const traders = new Traders(at, ['edge-1'], accounts);
  await traders.progress(50);
  return traders;
}

async function venueOn(all: readonly SmallDisk[]): Promise<{ readonly at: ClusterVenue; readonly servers: readonly NatsServer[] }> {
  if (all.length === 1) {
    const at = await ClusterVenue.startOnOne(PARTITIONS, { dir: all[0]!.dir });
    return { at, servers: [at.nats.server] };
  }
  const at = await ClusterVenue.start(PARTITIONS, { dir: root });
  return { at, servers: at.nats.servers };
}

const warned = (at: ClusterVenue): string => at.process('edge-1').output.join('');

/** As an operator does it: room is made and the server started again, by force where it does not end. */
async function mend(server: NatsServer, disk: SmallDisk): Promise<void> {
  disk.makeRoom();
  await server.signal('SIGTERM');
  await server.restart();
}

async function health(at: ClusterVenue): Promise<Pick<ClusterHealth, 'status'> & { readonly problems: readonly string[] }> {
  const { status, cluster } = await at.health('edge-1');
  return { status, problems: cluster.problems };
}

describe.skipIf(whyNot !== undefined)('a nats-server whose disk is full', () => {
  test('one of three: the others go on without it, and it comes back', { timeout: 300_000 }, async () => {
    const all = ['n0', 'n1', 'n2'].map((name) => smallDisk(join(root, name)));
    const at = await ClusterVenue.start(PARTITIONS, { dir: root });
    const traders = await open(at, at.nats.monitoringUrls);
    // The server that leads the accounts of partition 0: the fault that hurts most.
    const bus = await at.bus('who leads');
    const info = await bus.connection.request('$JS.API.STREAM.INFO.accounts-0', '', { timeout: 5_000 });
    await bus.close();
    const server = at.nats.server(info.json<{ cluster: { leader: string } }>().cluster.leader);
    const disk = all[at.nats.servers.indexOf(server)]!;

    const before = traders.told.acknowledged.size;
    disk.fillUp(LEFT_BYTES);
    await expect.poll(() => server.log, { timeout: 60_000 }).toContain('no space left on device');
    await pause(FULL_MS);
    await traders.progress(50);
    const meanwhile = traders.told.acknowledged.size - before;
    expect(await health(at)).toMatchObject({ status: 'degraded', problems: [expect.stringContaining('1 of 3 nats-servers not well')] });
    expect(warned(at)).toContain(`nats-server at ${server.monitoringUrl}: `);
    const mendedMs = performance.now();
    await mend(server, disk);
    await at.nats.whenHealthy();
    const well = seconds(mendedMs);
    await traders.progress(50);
    await expect.poll(() => health(at), { timeout: 30_000 }).toEqual({ status: 'ok', problems: [] });
    await traders.stop();
    const report = await traders.check('edge-1');
    process.stdout.write(`full disk, one of three: ${meanwhile} orders acknowledged meanwhile, well again after ${well}; ${report}\n`);
  });

  test.each([
    ['the only one', 1],
    ['all three', 3],
  ])('%s: nothing is taken, the exchange says why, and goes on when there is room', { timeout: 300_000 }, async (what, size) => {
    const all = Array.from({ length: size }, (_, i) => smallDisk(join(root, `n${i}`)));
    const { at, servers } = await venueOn(all);
    const urls = servers.map(({ monitoringUrl }) => monitoringUrl);
    const traders = await open(at, urls);
    for (const disk of all) disk.fillUp(LEFT_BYTES);
    for (const server of servers) await expect.poll(() => server.log, { timeout: 60_000 }).toContain('no space left on device');
    await expect.poll(() => health(at), { timeout: 30_000 }).toMatchObject({ status: 'failed' });
    const { acknowledged, unknown, refused } = traders.told;
    await pause(3000);
    const before = acknowledged.size;
    await pause(FULL_MS);
    expect(acknowledged.size).toBe(before);
    expect((await health(at)).problems).toContainEqual(expect.stringContaining(`${size} of ${size} nats-servers not well`));
    // One of several switches its JetStream off.
    for (const url of urls)
      expect(warned(at)).toMatch(new RegExp(`nats-server at ${url}: .*(no space left on device|JetStream not enabled)`));
    expect(unknown.size + refused.size).toBeGreaterThan(0);
    const mendedMs = performance.now();
    await Promise.all(servers.map((server, i) => mend(server, all[i]!)));
    await traders.progress(50);
    const well = seconds(mendedMs);
    await expect.poll(() => health(at), { timeout: 30_000 }).toEqual({ status: 'ok', problems: [] });
    await traders.stop();
    const report = await traders.check('edge-1');
    process.stdout.write(`full disk, ${what}: 50 orders more ${well} after there was room; ${report}\n`);
  });
});
