// npm run bench:recovery -- [orders replayed] [orders at rest] [accounts]
// Replay of the logs of Settlement and Match, and restoring both from snapshots. One JSON line each.
// Goals: 500,000 entries/s; 1,000,000 resting orders of 100,000 accounts in less than 5 s.
import { benchmarkReplay, benchmarkRestore } from './recover.ts';

const [replayed = 300_000, atRest = 1_000_000, accounts = 100_000] = process.argv.slice(2).map(Number);
process.stdout.write(`${JSON.stringify({ benchmark: 'replay', ...(await benchmarkReplay(replayed, 1000)) })}\n`);
process.stdout.write(`${JSON.stringify({ benchmark: 'restore', ...(await benchmarkRestore(atRest, accounts)) })}\n`);
