// Push to 1,000 subscribers of one trade and one depth stream over loopback: our hub against a plain ws send loop of the
// same bytes, in the same run. The subscribers are a process of their own and check every byte.
// npm run bench:push -- [subscribers]; tests/benchmarks/push.test.ts runs it tiny. Goal: at least 5 times the plain loop.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { argv } from 'node:process';
import { type Broadcaster, BroadcastServer, publishAll } from './broadcast.ts';
import { type Expectation, Subscribers } from './subscribers.ts';
import { batch } from './workload.ts';

const SUBSCRIBERS = Number(argv[2] === 'subscribers' ? 0 : (argv[2] ?? 1_000));
const TICKS_EVERY = 20;
const ROUNDS = 3;

type Order =
  | { readonly order: 'open'; readonly port: number; readonly path: string; readonly count: number }
  | { readonly order: 'finish'; readonly expectation: Expectation }
  | { readonly order: 'close' };

async function serveOrders(): Promise<void> {
  const subscribers = new Subscribers();
  process.on('message', async (message: Order) => {
    if (message.order === 'open') await subscribers.open(message.port, message.path, message.count);
    let wrong = 0;
    if (message.order === 'finish') wrong = await subscribers.finish(message.expectation);
    if (message.order === 'close') subscribers.close();
    process.send?.({ done: message.order, wrong });
  });
}

async function tell(child: ChildProcess, order: Order): Promise<number> {
  const answered = once(child, 'message') as Promise<[{ wrong: number }]>;
  child.send(order);
  return (await answered)[0].wrong;
}

interface Result {
  /** An event to one subscriber is one delivery. */
  readonly perSecond: number;
  /** CPU time of the server per delivery: says more than the rate on a shared machine. */
  readonly serverCpuMicros: number;
}

async function round(child: ChildProcess, port: number, broadcaster: Broadcaster, events: number, burst: number): Promise<Result> {
  const { path } = broadcaster;
  await tell(child, { order: 'open', port, path, count: SUBSCRIBERS });
  const batches = Array.from({ length: events }, (_, i) => batch(i + 1));
  const start = process.hrtime.bigint();
  const cpu = process.cpuUsage();
  await publishAll(broadcaster, batches, burst, TICKS_EVERY);
  const wrong = await tell(child, { order: 'finish', expectation: broadcaster.takeExpectation() });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const { user, system } = process.cpuUsage(cpu);
  await tell(child, { order: 'close' });
  if (wrong > 0) throw new Error(`${wrong} of ${SUBSCRIBERS} subscribers of ${path} did not get what was sent`);
  const deliveries = (events + Math.floor(events / TICKS_EVERY)) * SUBSCRIBERS;
  return { perSecond: deliveries / seconds, serverCpuMicros: (user + system) / deliveries };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number;
}

function summary(results: readonly Result[]): Result {
  return {
    perSecond: Math.round(median(results.map(({ perSecond }) => perSecond))),
    serverCpuMicros: Math.round(median(results.map(({ serverCpuMicros }) => serverCpuMicros)) * 100) / 100,
  };
}

function oneDecimal(value: number): number {
  return Math.round(value * 10) / 10;
}

async function main(): Promise<void> {
  const server = new BroadcastServer();
  const port = await server.listen();
  const child = fork(argv[1] as string, ['subscribers']);
  const rows: Record<string, unknown>[] = [];
  for (const burst of [1, 10, 50]) {
    const hubResults: Result[] = [];
    const plainResults: Result[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      plainResults.push(await round(child, port, server.plain, 200, burst));
      hubResults.push(await round(child, port, server.hub, 2_000, burst));
    }
    const hub = summary(hubResults);
    const plain = summary(plainResults);
    rows.push({
      eventsPerTurn: burst,
      hub,
      plain,
      ratio: oneDecimal(hub.perSecond / plain.perSecond),
      cpuRatio: oneDecimal(plain.serverCpuMicros / hub.serverCpuMicros),
    });
  }
  server.close();
  child.disconnect();
  for (const row of rows) process.stdout.write(`${JSON.stringify({ benchmark: 'push', subscribers: SUBSCRIBERS, ...row })}\n`);
}

if (argv[2] === 'subscribers') await serveOrders();
else await main();
