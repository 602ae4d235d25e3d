// Does a process more of a role carry more? One, two and four processes of match, then of settlement, each held to a share of a core
// by a control group, all others free; the same load over many symbols and accounts, ten partitions of each.
//
//   load and edge (here) --> settlement x N ==accounts-0..9==> match x M ==markets-0..9==> settlement, edge (here)
//
// Run: npm run bench:scaling -- [share of a core] [milliseconds a measurement] [role]. Checks its answer: every order accepted, every
// asset reconciled after each step, the partitions of the role spread and kept.
import { CpuLimits } from './cpuLimits.ts';
import { measureScaling } from './scaling.ts';

const [share = '0.1', measureMs = '4000', only] = process.argv.slice(2);
const say = (row: object): void => void process.stdout.write(`${JSON.stringify(row)}\n`);

for (const role of ['match', 'settlement'] as const) {
  if (only !== undefined && only !== role) continue;
  const limits = CpuLimits.open();
  if (typeof limits === 'string') say({ benchmark: 'scaling', role, unlimited: limits });
  const { ratios } = await measureScaling(
    {
      role,
      // Up and down again: what comes later is not favoured by code that is warmer or hurt by books that are fuller.
      steps: [1, 2, 4, 2, 1],
      partitions: 10,
      symbols: 200,
      accounts: 500,
      share: Number(share),
      warmUpMs: 2_000,
      measureMs: Number(measureMs),
      // Few enough that a process held back answers within the 3 s after which its owner is asked again.
      window: 1_024,
      limits: typeof limits === 'string' ? undefined : limits,
    },
    (row) => say({ benchmark: 'scaling', ...row }),
  );
  for (const ratio of ratios) say({ benchmark: 'scaling ratio', role, share: Number(share), ...ratio });
}
process.exit(0);
