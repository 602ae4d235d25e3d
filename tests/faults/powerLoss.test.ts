// The power goes while the venue trades. What the disk then holds is drawn from everything the process wrote and synced
// (disk/): nothing that was not synced is sure to be there, in whole or in part. Restarted on that, the venue has every order
// it acknowledged, verifies, and goes on.
//
// POWER_LOSS_CYCLES venues live and are killed one after the other, each cut POWER_LOSS_CUTS times; POWER_LOSS_SEED repeats a run's draws.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { MemoryBus } from '../../src/bus/memory/memoryBus.ts';
import { verifyLogs } from '../../src/verify/verifyLogs.ts';
import { NativeClient } from '../e2e/nativeClient.ts';
import { cli, demoKeys, SedaxProcess } from '../e2e/sedaxProcess.ts';
import { CUTS, type Disk, DiskModel, writeDisk } from './disk/diskModel.ts';
import { type DiskRecord, Op } from './disk/diskTrace.ts';
import { afterPowerCut, buildTracer, whyNoTracer } from './disk/diskTracer.ts';
import { liveUntilKilled, type Told } from './disk/tracedVenue.ts';
import { seededRandom } from './seededRandom.ts';

const CYCLES = Number(process.env.POWER_LOSS_CYCLES ?? 2);
const CUTS_EACH = Number(process.env.POWER_LOSS_CUTS ?? 3);
const SEED = Number(process.env.POWER_LOSS_SEED ?? Date.now() % 1_000_000);
const LOAD_MS_MAX = Number(process.env.POWER_LOSS_LOAD_MS ?? 600);
const INTERVAL_MS = 100;
/** Between the moment that decides what a sync covers and its fsync. */
const SLACK_US = 20_000;

const whyNot = whyNoTracer();
if (whyNot !== undefined) process.stdout.write(`power loss: skipped, ${whyNot}\n`);
const root = mkdtempSync(join(tmpdir(), 'sedax-power-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let built: string | undefined;
function library(): string {
  built ??= buildTracer();
  return built;
}

interface Tally {
  cuts: number;
  told: number;
  /** Acknowledged before the cut and not there after it, and how long before it the oldest of them was told. */
  lost: number;
  lostMs: number;
  /** Longest a sync took, all of its steps. */
  syncMs: number;
}

/** Lives and cuts in turn; each life goes on from the last cut of the one before. */
async function cycles(durability: 'always' | 'interval', count: number): Promise<Tally> {
  const random = seededRandom(SEED);
  const tally: Tally = { cuts: 0, told: 0, lost: 0, lostMs: 0, syncMs: 0 };
  let disk: Disk = new Map();
  let before: Told[] = [];
  for (let cycle = 1; cycle <= count; cycle++) {
    const live = join(root, `${durability}-${cycle}`);
    writeDisk(live, disk);
    const trace = join(root, `${durability}-${cycle}.trace`);
    const loadMs = LOAD_MS_MAX * random();
    const life = await liveUntilKilled({
      library: library(),
      dir: live,
      trace,
      durability,
      intervalMs: INTERVAL_MS,
      random,
      answersMin: 20,
      loadMs,
    });
    tally.told += life.told.length;
    const rounds = roundsOf(life.records);
    for (const { begunUs, endedUs } of rounds) tally.syncMs = Math.max(tally.syncMs, (endedUs - begunUs) / 1000);
    const model = new DiskModel(life.records, disk);
    const drawn = instants(life.records, life.told, random);
    let found = disk;
    let kept = before;
    for (const at of drawn) {
      model.playTo(at);
      const kind = CUTS[Math.floor(random() * CUTS.length)]!;
      found = model.cut(kind, random);
      const dir = join(root, `${durability}-${cycle}-${++tally.cuts}`);
      writeDisk(dir, found);
      const end = life.records[at - 1]!;
      const told = [...before, ...life.told.filter(({ traceBytes }) => traceBytes <= end.endsAt)];
      const where = `seed ${SEED}, cycle ${cycle}, cut after record ${at} of ${life.records.length} (${kind})`;
      const lost = await check(dir, told, where, at === drawn.at(-1));
      for (const { timeUs } of lost) tally.lostMs = Math.max(tally.lostMs, (end.timeUs - timeUs) / 1000);
      tally.lost += lost.length;
      if (durability === 'always') expect(lost, where).toEqual([]);
      else {
        // What was told before the last sync that came to its end began is there.
        const synced = rounds.findLast(({ endedUs }) => endedUs <= end.timeUs)?.begunUs ?? 0;
        expect(
          lost.filter(({ timeUs }) => timeUs < synced - SLACK_US),
          where,
        ).toEqual([]);
      }
      kept = told.filter((one) => !lost.includes(one));
      rmSync(dir, { recursive: true, force: true });
    }
    disk = found;
    before = kept;
    rmSync(live, { recursive: true, force: true });
    rmSync(trace, { force: true });
  }
  return tally;
}

interface UnsyncedTally {
  cuts: number;
  told: number;
  /** What a cut left: a journal that is whole, one that is not, nothing because nothing was told yet. */
  whole: number;
  refused: number;
  /** Acknowledged and not in the journals that are whole. */
  lost: number;
}

const CUT_UNSYNCED = 'the machine went down while it was written with durability none';

/** Each life begins with an empty folder: what a cut leaves of it is whole, or refused in so many words. */
async function unsyncedCycles(count: number): Promise<UnsyncedTally> {
  const random = seededRandom(SEED);
  const tally: UnsyncedTally = { cuts: 0, told: 0, whole: 0, refused: 0, lost: 0 };
  for (let cycle = 1; cycle <= count; cycle++) {
    const live = join(root, `none-${cycle}`);
    writeDisk(live, new Map());
    const trace = join(root, `none-${cycle}.trace`);
    const options = { library: library(), dir: live, trace, durability: 'none', intervalMs: INTERVAL_MS, random, answersMin: 20 } as const;
    const life = await liveUntilKilled({ ...options, loadMs: LOAD_MS_MAX * random() });
    tally.told += life.told.length;
    const model = new DiskModel(life.records, new Map());
    for (const at of instants(life.records, life.told, random)) {
      model.playTo(at);
      const kind = CUTS[Math.floor(random() * CUTS.length)]!;
      const dir = join(root, `none-${cycle}-${++tally.cuts}`);
      writeDisk(dir, model.cut(kind, random));
      const end = life.records[at - 1]!;
      const told = life.told.filter(({ traceBytes }) => traceBytes <= end.endsAt);
      const lost = await checkUnsynced(
        dir,
        told,
        `seed ${SEED}, cycle ${cycle}, cut after record ${at} of ${life.records.length} (${kind})`,
      );
      if (lost === undefined) tally.refused++;
      else {
        tally.whole++;
        tally.lost += lost.length;
      }
      rmSync(dir, { recursive: true, force: true });
    }
    rmSync(live, { recursive: true, force: true });
    rmSync(trace, { force: true });
  }
  return tally;
}

/** What was told and is not there; undefined when the start and `sedax verify` refuse the folder. */
async function checkUnsynced(dir: string, told: readonly Told[], where: string): Promise<readonly Told[] | undefined> {
  const env = afterPowerCut(library(), `${dir}.boot`);
  // Before `sedax verify` has read it nothing starts on it, unless the power went before there was anything to mark.
  const first = await SedaxProcess.start(dir, env).then(
    (sedax) => sedax.kill(),
    (error: Error) => error.message,
  );
  if (first === undefined) {
    expect(told, where).toEqual([]);
    return [];
  }
  expect(first, where).toContain(CUT_UNSYNCED);
  const { code, output } = await cli(['verify', '--data-dir', dir], env);
  expect(output, where).toContain(CUT_UNSYNCED);
  if (code === 0) {
    expect(output, where).toContain('every invariant holds');
    const lost = await lostOf(dir, told);
    await queries(
      dir,
      told.filter((one) => !lost.includes(one)),
      where,
    );
    return lost;
  }
  expect([code, output], where).toEqual([1, expect.stringContaining('the power cut left no journal that can be trusted')]);
  await expect(SedaxProcess.start(dir, env), where).rejects.toThrow(CUT_UNSYNCED);
  return undefined;
}

/** Records before which the power goes, ascending: half of them right behind an answer. */
function instants(records: readonly DiskRecord[], told: readonly Told[], random: () => number): number[] {
  const drawn = Array.from({ length: CUTS_EACH }, (_, index) => {
    const answer = told[Math.floor(random() * told.length)];
    if (index % 2 === 1 || answer === undefined) return 1 + Math.floor(random() * records.length);
    const behind = records.findIndex(({ endsAt }) => endsAt >= answer.traceBytes);
    return behind < 0 ? records.length : behind + 1;
  });
  return drawn.sort((a, b) => a - b);
}

interface Round {
  readonly begunUs: number;
  readonly endedUs: number;
}

/** Syncs with durability 'interval': an fsync of the journal, and then a file that says what it covers, under its name for good. */
function roundsOf(records: readonly DiskRecord[]): Round[] {
  const files = new Map<number, string>();
  const rounds: Round[] = [];
  let begunUs: number | undefined;
  let renamed = false;
  for (const { op, file, data, timeUs } of records) {
    if (op === Op.FILE_NAMED || op === Op.RENAMED) files.set(file, data.toString());
    if (op === Op.RENAMED && data.toString() === 'journal/synced.json') renamed = true;
    if (op === Op.SYNC_BEGUN && files.get(file) === 'journal/data.mdb') begunUs = timeUs;
    if (op === Op.SYNC_ENDED && files.get(file) === 'journal' && renamed && begunUs !== undefined) {
      rounds.push({ begunUs, endedUs: timeUs });
      renamed = false;
    }
  }
  return rounds;
}

/** Verifies the folder, and starts a venue on it when asked to; what it lost of what was told. */
async function check(dir: string, told: readonly Told[], where: string, start: boolean): Promise<readonly Told[]> {
  const verified = await cli(['verify', '--data-dir', dir], afterPowerCut(library(), `${dir}.boot`));
  // 2: cut before the first start had come to its end.
  expect(verified.code === 2 && told.length === 0 ? 0 : verified.code, `${where}\n${verified.output}`).toBe(0);
  if (verified.code === 2) return told;
  const lost = await lostOf(dir, told);
  if (start)
    await queries(
      dir,
      told.filter((one) => !lost.includes(one)),
      where,
    );
  return lost;
}

/** What was told and is not in the logs of the folder. */
async function lostOf(dir: string, told: readonly Told[]): Promise<Told[]> {
  const bus = await MemoryBus.open({ journal: { dir: join(dir, 'journal'), durability: 'always', intervalMs: INTERVAL_MS } });
  try {
    const ids = (cancelled: boolean): number[] => told.filter((one) => one.cancelled === cancelled).map(({ orderId }) => orderId);
    const audited = await verifyLogs({
      bus,
      accountPartitions: 1,
      marketPartitions: 1,
      acknowledgedOrderIds: ids(false),
      cancelledOrderIds: ids(true),
    });
    const named = audited.problems.map((problem) => /^order (\d+) was acknowledged( as cancelled)? and is not/.exec(problem));
    expect(named.includes(null), audited.problems.join('\n')).toBe(false);
    const lost = new Set(named.map((match) => `${match![1]} ${match![2] !== undefined}`));
    return told.filter(({ orderId, cancelled }) => lost.has(`${orderId} ${cancelled}`));
  } finally {
    await bus.close();
  }
}

/** A venue on the folder answers for its newest orders and takes a new one. */
async function queries(dir: string, told: readonly Told[], where: string): Promise<void> {
  const sedax = await started(dir, where);
  try {
    const clients = demoKeys(dir).map((key) => new NativeClient(sedax.url, key));
    const cancelled = new Set(told.filter((one) => one.cancelled).map(({ orderId }) => orderId));
    for (const { orderId } of told.slice(-20)) {
      const answers = await Promise.all(clients.map((client) => client.request('GET', `/api/spot/v2/${orderId}`)));
      const mine = answers.find(({ status }) => status === 200);
      expect(mine, `${where}: order ${orderId}`).toBeDefined();
      if (cancelled.has(orderId)) expect(mine?.body.status, `${where}: order ${orderId}`).toBe('Cancelled');
    }
    const placed = await clients[0]!.place({ symbol: 'ETHUSDT', side: 'BUY', price: '1000.00', quantity: '1' });
    expect(placed.status, `${where}: ${JSON.stringify(placed.body)}`).toBe(200);
    expect((await clients[0]!.request('GET', `/api/spot/v2/${placed.body.orderId}`)).status, where).toBe(200);
  } finally {
    // Killed, not stopped: nothing of this goes on.
    await sedax.kill();
  }
}

async function started(dir: string, where: string): Promise<SedaxProcess> {
  try {
    return await SedaxProcess.start(dir, afterPowerCut(library(), `${dir}.boot`));
  } catch (error) {
    throw new Error(`${where}: ${(error as Error).message}`);
  }
}

describe.skipIf(whyNot !== undefined)('power loss', () => {
  test(`durability always: ${CYCLES} venues, ${CUTS_EACH} cuts each, nothing acknowledged is lost (seed ${SEED})`, {
    timeout: 3_600_000,
  }, async () => {
    const { cuts, told } = await cycles('always', CYCLES);
    expect(told).toBeGreaterThan(CYCLES * 10);
    process.stdout.write(`power loss, always: ${CYCLES} venues, ${cuts} cuts, ${told} answers, none lost (seed ${SEED})\n`);
  });

  test(`durability none: what a cut leaves is whole, or nothing starts on it (seed ${SEED})`, { timeout: 3_600_000 }, async () => {
    const { cuts, told, whole, refused, lost } = await unsyncedCycles(CYCLES);
    expect(whole + refused).toBe(cuts);
    process.stdout.write(
      `power loss, none: ${CYCLES} venues, ${cuts} cuts, ${told} answers; ${refused} journals refused, ${whole} whole with ${lost} of the answers lost (seed ${SEED})\n`,
    );
  });

  test(`durability interval: what is lost was told within the bound (seed ${SEED})`, { timeout: 3_600_000 }, async () => {
    const { cuts, told, lost, lostMs, syncMs } = await cycles('interval', CYCLES);
    process.stdout.write(
      `power loss, interval: ${CYCLES} venues, ${cuts} cuts, ${told} answers, ${lost} lost, the oldest ${lostMs.toFixed(1)} ms before the cut (longest sync ${syncMs.toFixed(1)} ms; seed ${SEED})\n`,
    );
  });
});
