// kill -9 at random instants under load, many times over one data folder: after each, `sedax verify` finds every
// acknowledged order, nothing doubled, balances exact. The seed of the instants is printed with a failure.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NativeClient } from './nativeClient.ts';
import { cli, demoKeys, SedaxProcess } from './sedaxProcess.ts';

const KILLS = Number(process.env.CRASH_TEST_KILLS ?? 50);
const SEED = Number(process.env.CRASH_TEST_SEED ?? Date.now() % 1_000_000);
/** Orders answered in a round before its kill. */
const ORDERS_BEFORE_KILL = 8;
/** Most milliseconds between the first answer and the kill. */
const LOAD_MS_MAX = 400;

/** Small and good enough to draw instants from: mulberry32. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Orders around one price from both sides, some cancelled again, until the process is gone. Counts what was acknowledged. */
async function load(
  client: NativeClient,
  next: () => number,
  acknowledged: Set<number>,
  cancelled: Set<number>,
  running: () => boolean,
): Promise<void> {
  const resting: number[] = [];
  while (running()) {
    try {
      const orderId = resting.length > 1 ? resting.shift() : undefined;
      if (orderId !== undefined) {
        const answer = await client.request('DELETE', `/api/spot/v2/${orderId}?symbol=BTCUSDT`);
        if (answer.status === 200) cancelled.add(orderId);
        continue;
      }
      const side = next() < 0.5 ? 'BUY' : 'SELL';
      const price = (50_000 + Math.floor(next() * 200) - 100).toFixed(2);
      const quantity = (0.001 + Math.floor(next() * 50) / 10_000).toFixed(5);
      const { status, body } = await client.place({ symbol: 'BTCUSDT', side, price, quantity });
      if (status !== 200) continue;
      acknowledged.add(body.orderId);
      if (body.status === 'Pending') resting.push(body.orderId);
    } catch {
      // The connection broke: the process was killed; what this request did is unknown, and must be all or nothing.
      return;
    }
  }
}

test(`${KILLS} kills under load lose and double nothing (seed ${SEED})`, { timeout: 15 * 60_000 }, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'sedax-crash-'));
  const next = random(SEED);
  const acknowledged = new Set<number>();
  const cancelled = new Set<number>();
  try {
    for (let kill = 1; kill <= KILLS; kill++) {
      const sedax = await SedaxProcess.start(dir, { SEDAX_JOURNAL_DURABILITY: 'always' });
      const clients = demoKeys(dir).flatMap((key) => [new NativeClient(sedax.url, key), new NativeClient(sedax.url, key)]);
      let running = true;
      const loads = clients.map((client) => load(client, next, acknowledged, cancelled, () => running));
      // Every fifth kill may hit the start of the load; the others a venue at work, however slow the machine is today.
      const orders = acknowledged.size + ORDERS_BEFORE_KILL;
      const cancels = cancelled.size;
      if (kill % 5 !== 0)
        await expect.poll(() => acknowledged.size >= orders && cancelled.size > cancels, { timeout: 60_000, interval: 5 }).toBe(true);
      await new Promise((resolve) => setTimeout(resolve, next() * LOAD_MS_MAX));
      await sedax.kill();
      running = false;
      await Promise.all(loads);
      const file = join(dir, 'acknowledged.json');
      writeFileSync(file, JSON.stringify({ orders: [...acknowledged], cancelled: [...cancelled] }));
      const verified = await cli(['verify', '--data-dir', dir, '--acknowledged', file]);
      expect(verified.code, `seed ${SEED}, kill ${kill}:\n${verified.output}`).toBe(0);
    }
    // The load was real: without it this many kills would prove nothing.
    expect(acknowledged.size).toBeGreaterThan(KILLS * 5);
    expect(cancelled.size).toBeGreaterThan(KILLS / 2);
    process.stdout.write(
      `crash test: ${KILLS} kills, ${acknowledged.size} orders and ${cancelled.size} cancels acknowledged, none lost (seed ${SEED})\n`,
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
