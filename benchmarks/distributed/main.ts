// Orders over three log hops of JetStream, against a bare chain of the same bytes and batches in the same run.
//
//   edge (here) --request--> settlement ==accounts==> match ==markets==> settlement ==accounts==> edge (here)
//
// Run: npm run bench:distributed -- [orders a round] [servers: 1 or 3] [sync: default or always]. Writers in one process, edge and
// load in this one, nats-servers in theirs; every process with the flags of production. Checks its answer: every order
// acknowledged, every asset reconciled.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Hops } from './bareHops.ts';
import { measureDistributed } from './distributed.ts';

/** As `npm start` and the image do. */
const NODE_FLAGS = ['--max-semi-space-size=64'];

async function startHops(hops: Hops): Promise<() => Promise<void>> {
  const args = [...NODE_FLAGS, fileURLToPath(new URL('./bareHops.js', import.meta.url)), JSON.stringify(hops)];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  // A run that fails leaves nobody behind.
  process.once('exit', () => child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  const [ready] = (await Promise.race([once(child.stdout!, 'data'), ended])) as [unknown];
  if (!String(ready).includes('ready')) throw new Error(`the bare hops ended with ${String(ready)}`);
  return async () => {
    child.kill('SIGTERM');
    await ended;
  };
}

const roundOrders = Number(process.argv[2] ?? 60_000);
const servers = process.argv[3] === '3' ? 3 : 1;
const sync = process.argv[4] ?? 'default';
const result = await measureDistributed({
  servers,
  syncAlways: sync === 'always',
  accounts: 1_000,
  window: 2_048,
  warmUpOrders: 60_000,
  roundOrders,
  rounds: 3,
  steadySeconds: 5,
  aloneOrders: 1_000,
  nodeFlags: NODE_FLAGS,
  startHops,
});
process.stdout.write(`${JSON.stringify({ servers, sync, orders: roundOrders, ...result })}\n`);
process.exit(0);
