// Copies that are behind for a moment are no finding; those that are gone are one at once. The rest is tested against real servers.
import type { StreamInfo } from '@nats-io/jetstream';
import { expect, test } from 'vitest';
import { checkReplicas } from './serverChecks.ts';

type Peer = { readonly name: string; readonly current: boolean; readonly offline?: boolean };

/** Each look at the leases' bucket shows the next of these; the last stays. */
function bucket(...looks: readonly (readonly Peer[])[]): { readonly look: () => Promise<StreamInfo>; looked(): number } {
  let looked = 0;
  return {
    look: async () => {
      const replicas = looks[Math.min(looked++, looks.length - 1)]!;
      return { cluster: { name: 'sedax', leader: 'n0', replicas }, config: { num_replicas: 3 } } as unknown as StreamInfo;
    },
    looked: () => looked,
  };
}

const servers = [{ clusterSize: 3 }];
const well: readonly Peer[] = ['n1', 'n2'].map((name) => ({ name, current: true }));
const behind: readonly Peer[] = [
  { name: 'n1', current: true },
  { name: 'n2', current: false },
];

test('a bucket that was made a moment ago: its copies have time to get there', async () => {
  const young = bucket(behind, behind, well);
  const found = await checkReplicas(young.look, servers, { replicas: 3 });
  expect(found).toEqual([{ check: 'replicas', severity: 'ok', text: '3 copies on a cluster of 3: n0, n1, n2' }]);
  expect(young.looked()).toBe(3);
});

test('a copy that stays behind is a warning', async () => {
  const found = await checkReplicas(bucket(behind).look, servers, { replicas: 3 });
  expect(found).toEqual([{ check: 'replicas', severity: 'warning', text: '2 of 3 copies are there: n2 lags behind' }]);
});

test('nobody waits for a server that is gone', async () => {
  const gone = bucket([
    { name: 'n1', current: true },
    { name: 'n2', current: false, offline: true },
  ]);
  const found = await checkReplicas(gone.look, servers, { replicas: 3 });
  expect(found.map(({ text }) => text)).toEqual(['2 of 3 copies are there: n2 is offline']);
  expect(gone.looked()).toBe(1);
});
