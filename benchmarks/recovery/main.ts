// npm run bench:recovery -- [orders replayed] [orders at rest] [accounts]
// What a start of the venue costs: folding the logs of Settlement and Match from their first message, and restoring both from
// snapshots. Each is written by one process and recovered by another, as after a restart. One JSON line each.
// Goals: 500,000 entries/s; 1,000,000 resting orders of 100,000 accounts in less than 5 s.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { live, serveLife } from '../measure/lives.ts';
import { median } from '../measure/statistics.ts';
import { type Legacy, type Recovery, recoverBoth, writeLogs, writeSnapshots } from './recover.ts';

const ROUNDS = 3;
async function measure(write: 'writeLogs' | 'writeSnapshots', orders: number, accounts: number): Promise<object> {
  const dir = mkdtempSync(join(tmpdir(), 'sedax-recovery-'));
  try {
    const legacy = await live<Legacy>(write, dir, orders, accounts);
    const rounds: Recovery[] = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push(await live<Recovery>('recoverBoth', dir, legacy));
    const of = (take: (recovery: Recovery) => number): number => Math.round(median(rounds.map(take)) * 1000) / 1000;
    const seconds = of(({ settlement, match }) => settlement.seconds + match.seconds);
    const cpuSeconds = of(({ settlement, match }) => settlement.cpuSeconds + match.cpuSeconds);
    const stages = {
      settlementSeconds: of(({ settlement }) => settlement.seconds),
      matchSeconds: of(({ match }) => match.seconds),
      seconds,
      cpuSeconds,
    };
    if (write === 'writeSnapshots') {
      const { snapshotMegabytes, takeSeconds, takeCpuSeconds, longestSliceMs, ninthSliceMs } = legacy;
      const take = { snapshotMegabytes, takeSeconds, takeCpuSeconds, longestSliceMs, ninthSliceMs };
      return { benchmark: 'restore', orders, accounts, ...take, ...stages };
    }
    const { entries } = legacy;
    const perSecond = { entriesPerSecond: Math.round(entries / seconds), entriesPerCpuSecond: Math.round(entries / cpuSeconds) };
    return { benchmark: 'replay', orders, accounts, entries, ...stages, ...perSecond };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

if (!(await serveLife({ writeLogs, writeSnapshots, recoverBoth }))) {
  const [replayed = 300_000, atRest = 1_000_000, accounts = 100_000] = process.argv.slice(2).map(Number);
  process.stdout.write(`${JSON.stringify(await measure('writeLogs', replayed, 1000))}\n`);
  process.stdout.write(`${JSON.stringify(await measure('writeSnapshots', atRest, accounts))}\n`);
}
