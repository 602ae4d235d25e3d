// npm run bench:growth -- [most accounts] [idle accounts]
// The price of an order as symbols and accounts grow, and the weight of an idle account. One JSON line each.
// Goals: within 30 % from 1 to 1,000 symbols and from 100 to 1,000,000 accounts; less than 1 KB.
import { benchmarkGrowth, type VenueSize } from './growth.ts';
import { benchmarkIdleAccounts } from './idleAccounts.ts';

const [mostAccounts = 1_000_000, idleAccounts = 20_000] = process.argv.slice(2).map(Number);
const OPTIONS = { rounds: 7, orders: 15_000 };

async function compare(what: string, small: VenueSize, large: VenueSize): Promise<void> {
  const [one, other] = await benchmarkGrowth([small, large], OPTIONS);
  for (const row of [one!, other!]) process.stdout.write(`${JSON.stringify({ benchmark: 'growth', ...row })}\n`);
  const ratio = Math.round((other!.ordersPerCpuSecond / one!.ordersPerCpuSecond) * 100) / 100;
  process.stdout.write(`${JSON.stringify({ benchmark: 'growth ratio', what, ratio })}\n`);
}

await compare('symbols', { symbols: 1, accounts: 10_000 }, { symbols: 1_000, accounts: 10_000 });
await compare('accounts', { symbols: 1, accounts: 100 }, { symbols: 1, accounts: mostAccounts });
process.stdout.write(`${JSON.stringify({ benchmark: 'idle account', ...(await benchmarkIdleAccounts(idleAccounts)) })}\n`);
