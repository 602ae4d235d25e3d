// Orders over the WebSocket API: the edge alone (parse, verify, limit, answer), the exchange behind it answers at once.
// Beside it a bare ws server that echoes the same bytes: what the transport can do. Client in a process of its own.
// CPU time says more than rates on a shared machine. Needs nothing else; tests/benchmarks/wsApi.test.ts runs it tiny. Run:
//   npx rolldown benchmarks/wsApi/main.ts --platform node -o .cache/bench/wsApi.mjs --external fastify --external pino
//   node .cache/bench/wsApi.mjs
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { argv } from 'node:process';
import { signedParams } from '../../tests/fixtures/signedParams.ts';
import { PipeliningClient } from './client.ts';
import { startOrderServer } from './orderServer.ts';

const CONNECTIONS = 4;
const WINDOW = 256;
const ROUNDS = 5;

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

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number;
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
      const count = i === 0 ? 4_000 : 40_000;
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
  process.stdout.write(`${JSON.stringify({ benchmark: 'ws-api', connections: CONNECTIONS, window: WINDOW, rows }, null, 2)}\n`);
}

if (argv[2] === 'client') await serveJobs();
else await main();
