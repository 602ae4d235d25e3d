// A disk that fills while the venue trades: a real one of a few megabytes (tmpfs, which only root may mount). Nothing acknowledged
// is lost, the process says what is wrong and ends, and once there is room again the next start goes on.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { NativeClient } from '../e2e/nativeClient.ts';
import { cli, demoKeys, SedaxProcess } from '../e2e/sedaxProcess.ts';
import { SmallDisk } from './smallDisk.ts';

const MB = 2 ** 20;
const root = mkdtempSync(join(tmpdir(), 'sedax-full-'));
const disk = SmallDisk.mount(join(root, 'disk'), 24);
if (typeof disk === 'string') process.stdout.write(`full disk: skipped, ${disk}\n`);

afterAll(() => {
  if (typeof disk !== 'string') disk.unmount();
  rmSync(root, { recursive: true, force: true });
});

/** Places orders until the venue is gone or refuses for good; the ids it acknowledged. */
async function tradeUntilFull(sedax: SedaxProcess, dir: string): Promise<{ readonly orders: number[]; readonly code: number | null }> {
  const orders: number[] = [];
  const clients = demoKeys(dir).map((key) => new NativeClient(sedax.url, key));
  let ended = false;
  void sedax.exited.then(() => {
    ended = true;
  });
  const begun = performance.now();
  while (!ended && performance.now() - begun < 120_000) {
    try {
      const answers = await Promise.all(
        [0, 1, 0, 1].map((at) =>
          clients[at]!.place({ symbol: 'BTCUSDT', side: at === 0 ? 'BUY' : 'SELL', price: '50000', quantity: '0.01' }),
        ),
      );
      for (const { status, body } of answers) if (status === 200) orders.push(body.orderId);
    } catch {
      // The connection broke: the process has ended, or is about to.
      await Promise.race([sedax.exited, new Promise((resolve) => setTimeout(resolve, 100))]);
    }
  }
  return { orders, code: await Promise.race([sedax.exited, new Promise<null>((resolve) => setTimeout(() => resolve(null), 5000))]) };
}

describe.skipIf(typeof disk === 'string')('a disk that fills', () => {
  const small = disk as SmallDisk;

  test.each(['always', 'interval'])('with durability %s', { timeout: 400_000 }, async (durability) => {
    const dir = join(small.dir, durability);
    const first = await SedaxProcess.start(dir, { SEDAX_JOURNAL_DURABILITY: durability });
    // Somebody else takes the room, all but a little.
    small.fillUp(1 * MB);
    const { orders, code } = await tradeUntilFull(first, dir);
    const output = first.output.join('');
    expect(code, output).toBe(1);
    // LMDB tells of a write that the full disk cut short as an I/O error.
    expect(output).toMatch(/cannot go on: .*(No space left on device|ENOSPC|disk|Input\/output error)/i);
    expect(output).toContain('What was acknowledged is in the journal');
    expect(orders.length).toBeGreaterThan(0);

    small.makeRoom();
    const acknowledged = join(root, `${durability}.json`);
    writeFileSync(acknowledged, JSON.stringify({ orders, cancelled: [] }));
    const verified = await cli(['verify', '--data-dir', dir, '--acknowledged', acknowledged]);
    expect(verified.code, verified.output).toBe(0);
    const again = await SedaxProcess.start(dir, { SEDAX_JOURNAL_DURABILITY: durability });
    try {
      const client = new NativeClient(again.url, demoKeys(dir)[0]!);
      const placed = await client.place({ symbol: 'ETHUSDT', side: 'BUY', price: '1000', quantity: '1' });
      expect(placed.status, JSON.stringify(placed.body)).toBe(200);
      const own = await Promise.all(orders.slice(-10).map((orderId) => client.request('GET', `/api/spot/v2/${orderId}`)));
      expect(own.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    } finally {
      expect(await again.stop()).toBe(0);
    }
    process.stdout.write(`full disk, ${durability}: ${orders.length} orders acknowledged before the disk was full, none lost\n`);
    rmSync(dir, { recursive: true, force: true });
  });
});
