// npm run bench:growth -- [most accounts] [idle accounts]
// The price of an order as symbols and accounts grow, and the weight of an idle account. One JSON line each.
// 0 leaves the one or the other out.
// Goals: within 30 % from 1 to 1,000 symbols and from 100 to 1,000,000 accounts; less than 1 KB.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { live, serveLife } from '../measure/lives.ts';
import { benchmarkGrowth, type VenueSize } from './growth.ts';
import { bytesOfVenue, fundAccounts } from './idleAccounts.ts';
import { bytesOfStages, STAGES, type StageBytes } from './idleStages.ts';

const [mostAccounts = 1_000_000, idleAccounts = 20_000] = process.argv.slice(2).map(Number);
const OPTIONS = { rounds: 7, orders: 15_000 };

async function compare(what: string, small: VenueSize, large: VenueSize): Promise<void> {
  const [one, other] = await benchmarkGrowth([small, large], OPTIONS);
  for (const row of [one!, other!]) process.stdout.write(`${JSON.stringify({ benchmark: 'growth', ...row })}\n`);
  const ratio = Math.round((other!.ordersPerCpuSecond / one!.ordersPerCpuSecond) * 100) / 100;
  process.stdout.write(`${JSON.stringify({ benchmark: 'growth ratio', what, ratio })}\n`);
}

interface Weight {
  readonly all: number;
  readonly stages: StageBytes;
}

async function afterRestart(accounts: number): Promise<Weight> {
  const dir = mkdtempSync(join(tmpdir(), 'sedax-idle-'));
  try {
    await live('fundAccounts', dir, accounts);
    const stages = await live<StageBytes>('bytesOfStages', dir);
    return { stages, all: await live<number>('bytesOfVenue', dir) };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function weigh(accounts: number): Promise<void> {
  const many = await afterRestart(accounts + 1);
  const one = await afterRestart(1);
  const each = (of: (weight: Weight) => number): number => Math.round((of(many) - of(one)) / accounts);
  const stages = Object.fromEntries(STAGES.map((stage) => [stage, each((weight) => weight.stages[stage])]));
  const row = { benchmark: 'idle account', accounts, bytesPerAccount: each(({ all }) => all), stages };
  process.stdout.write(`${JSON.stringify(row)}\n`);
}

if (!(await serveLife({ fundAccounts, bytesOfVenue, bytesOfStages }))) {
  if (mostAccounts > 0) {
    await compare('symbols', { symbols: 1, accounts: 10_000 }, { symbols: 1_000, accounts: 10_000 });
    await compare('accounts', { symbols: 1, accounts: 100 }, { symbols: 1, accounts: mostAccounts });
  }
  if (idleAccounts > 0) await weigh(idleAccounts);
}
