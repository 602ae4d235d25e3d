// npm run bench:growth -- [most accounts] [idle accounts]
// The price of an order as symbols and accounts grow, and the weight of an idle account. One JSON line each.
// Goals: within 30 % from 1 to 1,000 symbols and from 100 to 1,000,000 accounts; less than 1 KB.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { live, serveLife } from '../measure/lives.ts';
import { benchmarkGrowth, type VenueSize } from './growth.ts';
import { bytesOfVenue, fundAccounts } from './idleAccounts.ts';

const [mostAccounts = 1_000_000, idleAccounts = 20_000] = process.argv.slice(2).map(Number);
const OPTIONS = { rounds: 7, orders: 15_000 };

async function compare(what: string, small: VenueSize, large: VenueSize): Promise<void> {
  const [one, other] = await benchmarkGrowth([small, large], OPTIONS);
  for (const row of [one!, other!]) process.stdout.write(`${JSON.stringify({ benchmark: 'growth', ...row })}\n`);
  const ratio = Math.round((other!.ordersPerCpuSecond / one!.ordersPerCpuSecond) * 100) / 100;
  process.stdout.write(`${JSON.stringify({ benchmark: 'growth ratio', what, ratio })}\n`);
}

async function bytesAfterRestart(accounts: number): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'sedax-idle-'));
  try {
    await live('fundAccounts', dir, accounts);
    return await live<number>('bytesOfVenue', dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function weigh(accounts: number): Promise<void> {
  const bytes = (await bytesAfterRestart(accounts + 1)) - (await bytesAfterRestart(1));
  const row = { benchmark: 'idle account', accounts, bytesPerAccount: Math.round(bytes / accounts) };
  process.stdout.write(`${JSON.stringify(row)}\n`);
}

if (!(await serveLife({ fundAccounts, bytesOfVenue }))) {
  await compare('symbols', { symbols: 1, accounts: 10_000 }, { symbols: 1_000, accounts: 10_000 });
  await compare('accounts', { symbols: 1, accounts: 100 }, { symbols: 1, accounts: mostAccounts });
  await weigh(idleAccounts);
}
