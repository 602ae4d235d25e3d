// Poison halts its child and the operator goes on, with the operator's requests asked over the bus.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Venue } from '../pipeline/venue.ts';

Venue.distributed = true;
await import('../pipeline/poison.test.ts');

test('these venues have members and owners', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'sedax-poison-'));
  const venue = await Venue.open({ dir });
  const { cluster } = venue.exchange.health();
  expect(cluster?.members).toEqual([{ id: 'test', roles: expect.arrayContaining(['match', 'settlement']) }]);
  expect(cluster?.owners.map(({ stream, epoch }) => [stream, epoch]).sort()).toEqual([
    ['accounts-0', 1],
    ['admin', 1],
    ['klines-0', 1],
    ['markets-0', 1],
  ]);
  await venue.close();
  rmSync(dir, { recursive: true, force: true });
});
