// Orders over the WebSocket API: the edge alone (parse, verify, limit, answer), the exchange behind it answers at once.
// Beside it a bare ws server that echoes the same bytes: what the transport can do. Client in a process of its own.
// And the same order over REST, to the same edge. CPU time says more than rates on a shared machine.
// npm run bench:ws-api -- [orders a round]; tests/benchmarks/wsApi.test.ts runs it tiny. Goal: at least twice REST's rate.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { signedParams } from '../../tests/fixtures/signedParams.ts';
import { median } from '../measure/statistics.ts';
import type { ClientResult } from '../restOrder/client.ts';
import { measureRoutes } from '../restOrder/measure.ts';
import { binanceServer } from '../restOrder/servers.ts';
import { PipeliningClient } from './client.ts';
import { startOrderServer } from './orderServer.ts';

const CONNECTIONS = 4;
const WINDOW = 256;
const ROUNDS = 5;
const ORDERS = Number(argv[2] === 'client' ? 0 : (argv[2] ?? 40_000));

interface Job {
  readonly port: number;
  readonly path: string;
  readonly logon: string;
  readonly text: string;
  readonly count: number;
}

async function serveJobs(): Promise<void> {
  process.on('message', async ({ port, path, logon, text, count }: Job) => {
    const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => PipeliningClient.open(port, path)));
    if (logon !== '') await Promise.all(clients.map((client) => client.ask(logon)));
    const first = await (clients[0] as PipeliningClient).ask(text);
    const start = process.hrtime.bigint();
    await Promise.all(clients.map((client) => client.run(text, count / CONNECTIONS, WINDOW)));
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    for (const client of clients) client.close();
    process.send?.({ perSecond: count / seconds, first });
  });
}

/** Orders per second of the server's processor time, over REST. */
async function restRate(requests: number): Promise<number> {
  const server = await binanceServer();
  const child = fork(fileURLToPath(new URL('../restOrder/client.js', import.meta.url)), ['--client']);
  const [row] = await measureRoutes(
    { rest: server },
    async (job) => {
      const answered = once(child, 'message') as Promise<[ClientResult]>;
      child.send(job);
      return (await answered)[0];
    },
    { rounds: ROUNDS, requests, seconds: 0.1 },
  );
  child.kill();
  await server.close();
  return row!.requestsPerCpuSecond;
}

async function main(): Promise<void> {
  const server = await startOrderServer();
  const child = fork(argv[1] as string, ['client']);
  const order = {
    symbol: 'BTCUSDT',
    side: 'BUY',
    type: 'LIMIT',
    timeInForce: 'GTC',
    price: '50000.00',
    quantity: '0.01000000',
  };
  const request = (method: string, params: object): string => JSON.stringify({ id: 'bench-1', method, params });
  const { timestamp } = signedParams();
  const jobs: Record<string, Omit<Job, 'port' | 'count'>> = {
    echo: { path: '/echo', logon: '', text: request('order.place', signedParams(order)) },
    signed: { path: '/ws-api/v3', logon: '', text: request('order.place', signedParams(order)) },
    session: {
      path: '/ws-api/v3?returnRateLimits=false',
      logon: request('session.logon', signedParams()),
      text: request('order.place', { ...order, timestamp }),
    },
    ack: {
      path: '/ws-api/v3?returnRateLimits=false',
      logon: request('session.logon', signedParams()),
      text: request('order.place', { ...order, newOrderRespType: 'ACK', timestamp }),
    },
  };
  const rows: Record<string, { perSecond: number; serverCpuMicros: number }> = {};
  for (const [name, job] of Object.entries(jobs)) {
    const rates: number[] = [];
    const cpuMicros: number[] = [];
    for (let i = 0; i <= ROUNDS; i++) {
      const count = i === 0 ? 4_000 : ORDERS;
      const before = process.cpuUsage();
      child.send({ ...job, port: server.port, count });
      const [{ perSecond, first }] = (await once(child, 'message')) as [{ perSecond: number; first: string }];
      if (name !== 'echo' && !first.includes(`"status":200,"result":{"symbol":"BTCUSDT"`)) throw new Error(first);
      const { user, system } = process.cpuUsage(before);
      if (i === 0) continue;
      rates.push(perSecond);
      cpuMicros.push((user + system) / count);
    }
    rows[name] = { perSecond: Math.round(median(rates)), serverCpuMicros: Math.round(median(cpuMicros) * 10) / 10 };
  }
  child.disconnect();
  await server.close();
  const rest = await restRate(ORDERS / 4);
  for (const [what, row] of Object.entries(rows)) {
    const perCpuSecond = Math.round(1e6 / row.serverCpuMicros);
    const timesRest = Math.round((perCpuSecond / rest) * 100) / 100;
    const facts = { connections: CONNECTIONS, window: WINDOW, ...row, perCpuSecond, restPerCpuSecond: rest, timesRest };
    process.stdout.write(`${JSON.stringify({ benchmark: 'ws-api', what, ...facts })}\n`);
  }
}

if (argv[2] === 'client') await serveJobs();
else {
  await main();
  process.exit(0);
}
