// npm run bench: every benchmark, at sizes that take minutes together, each in a process of its own. Passes on their JSON lines and
// ends with one table: what was measured, beside its goal. What cannot run here is said in a line of its own.
// npm run bench -- NAME... runs those only.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { workloadFiles } from './flash1/scenarios.ts';
import { EXCHANGE_CORE, isInstalled, PEER_NAMES } from './peers/engines.ts';

type Row = Readonly<Record<string, unknown>>;
type Summary = readonly [what: string, figure: string, goal: string];

interface Benchmark {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  /** Why it cannot run here. */
  readonly missing?: () => string | undefined;
  readonly summary: (row: Row) => Summary | undefined;
}

const INSTALL = 'npm run bench:peers -- install';
const number = new Intl.NumberFormat('en-US');
const text = (value: unknown): string => (typeof value === 'number' ? number.format(value) : String(value));

function noWorkloads(): string | undefined {
  return workloadFiles().length === 0 ? `no workloads: ${INSTALL}` : undefined;
}

const BENCHMARKS: readonly Benchmark[] = [
  {
    name: 'flash1',
    file: 'flash1/main.js',
    args: ['--trials', '5'],
    missing: noWorkloads,
    summary: ({ worst, file, messagesPerSecond }) =>
      worst === undefined
        ? undefined
        : [`neutral workload, ${worst}, worst: ${file}`, `${text(messagesPerSecond)} messages/s`, '3,000,000'],
  },
  {
    name: 'peers',
    file: 'peers/main.js',
    args: [],
    missing: () => noWorkloads() ?? ([...PEER_NAMES, EXCHANGE_CORE].some(isInstalled) ? undefined : `no peers: ${INSTALL}`),
    summary: ({ worst, messagesPerCpuSecond, bookIsTimesAsFast }) =>
      worst === undefined
        ? undefined
        : [
            `${worst}, its worst workload`,
            `${text(messagesPerCpuSecond)} messages/s of processor time`,
            `book is ${text(bookIsTimesAsFast)} times as fast`,
          ],
  },
  {
    name: 'book',
    file: 'book/main.js',
    args: ['1', '1000000'],
    summary: ({ benchmark, what, reach, slowdown, p9999, offeredPerSecond, bytesPerOrder }) => {
      if (benchmark === 'slowdown') return [`${what}, ${reach}, 1,000 to 1,000,000 resting`, `${text(slowdown)} times slower`, 'below 3'];
      if (benchmark === 'weight') return [`${what}, an order at rest`, `${text(bytesPerOrder)} bytes`, ''];
      if (benchmark === 'scale') return undefined;
      return [`${what}, ${benchmark} p99.99 at ${text(offeredPerSecond)}/s`, `${text(p9999)} us`, what === 'book' ? 'below 50' : ''];
    },
  },
  {
    name: 'recovery',
    file: 'recovery/main.js',
    args: ['100000', '200000', '20000'],
    summary: ({ benchmark, entriesPerSecond, entriesPerCpuSecond, orders, accounts, seconds, cpuSeconds }) =>
      benchmark === 'replay'
        ? ['replay', `${text(entriesPerSecond)} entries/s, ${text(entriesPerCpuSecond)} of processor time`, '500,000']
        : [
            `restore ${text(orders)} orders, ${text(accounts)} accounts`,
            `${text(seconds)} s, ${text(cpuSeconds)} s of processor time`,
            'a million in 5 s',
          ],
  },
  {
    name: 'growth',
    file: 'growth/main.js',
    args: ['100000', '5000'],
    summary: ({ benchmark, what, ratio, bytesPerAccount }) => {
      if (benchmark === 'idle account') return ['an idle account', `${text(bytesPerAccount)} bytes`, 'below 1,024'];
      return benchmark === 'growth ratio' ? [`rate of many ${what} to that of few`, text(ratio), 'above 0.7'] : undefined;
    },
  },
  ...['native', 'binance'].map(
    (kind): Benchmark => ({
      name: `${kind}-order`,
      file: 'restOrder/main.js',
      args: [kind, '5000'],
      summary: ({ benchmark, what, share, requestsPerCpuSecond, halfLoadPerSecond, p99 }) =>
        benchmark === 'rest order share'
          ? [`${what} to the bare route, by processor time`, text(share), '0.6']
          : [
              `${what}, p99 at ${text(halfLoadPerSecond)}/s`,
              `${text(p99)} ms (${text(requestsPerCpuSecond)}/s of processor time)`,
              'below 5 ms',
            ],
    }),
  ),
  {
    name: 'ws-api',
    file: 'wsApi/main.js',
    args: ['10000'],
    summary: ({ what, perSecond, perCpuSecond, timesRest }) => [
      `WebSocket API, ${what}`,
      `${text(perSecond)}/s, ${text(perCpuSecond)} of processor time, ${text(timesRest)} times REST`,
      what === 'session' ? '2 times REST' : '',
    ],
  },
  {
    name: 'push',
    file: 'push/main.js',
    args: ['300'],
    summary: ({ subscribers, eventsPerTurn, ratio }) => [
      `push to ${text(subscribers)}, ${text(eventsPerTurn)} events a turn`,
      `${text(ratio)} times a plain loop`,
      '5',
    ],
  },
  {
    name: 'pipeline',
    file: 'pipeline.js',
    args: ['50000', '100', 'interval,always'],
    summary: ({ durability, ordersPerSecondAnswered, cpuMicrosPerOrder }) => [
      `embedded pipeline, ${durability}`,
      `${text(ordersPerSecondAnswered)} orders/s, ${text(cpuMicrosPerOrder)} us of processor time each`,
      durability === 'always' ? '100,000' : '150,000',
    ],
  },
  {
    name: 'scaling',
    file: 'scaling/main.js',
    args: ['0.1', '4000'],
    summary: ({ benchmark, role, processes, ratio, ideal, unlimited }) => {
      if (unlimited !== undefined) return [`processes of ${role}`, `no ratio: ${text(unlimited)}`, ''];
      if (benchmark !== 'scaling ratio' || processes === 1) return undefined;
      return [`${text(processes)} processes of ${role} to one, a tenth of a core each`, `${text(ratio)} times`, `evenly: ${text(ideal)}`];
    },
  },
];

async function run({ name, file, args, summary }: Benchmark): Promise<Summary[]> {
  const path = fileURLToPath(new URL(`./${file}`, import.meta.url));
  const child = spawn(process.execPath, ['--expose-gc', '--max-semi-space-size=64', path, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const summaries: Summary[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    process.stdout.write(`${line}\n`);
    const found = summary(JSON.parse(line) as Row);
    if (found !== undefined) summaries.push(found);
  }
  const code = await ended;
  if (code !== 0) {
    summaries.push([name, `failed (exit ${code})`, '']);
    process.exitCode = 1;
  }
  return summaries;
}

const wanted = process.argv.slice(2);
const table: Summary[] = [];
for (const benchmark of BENCHMARKS) {
  if (wanted.length > 0 && !wanted.includes(benchmark.name)) continue;
  const missing = benchmark.missing?.();
  if (missing === undefined) table.push(...(await run(benchmark)));
  else table.push([benchmark.name, `skipped: ${missing}`, '']);
}
const widths = [0, 1].map((column) => Math.max(...table.map((row) => row[column]!.length)));
process.stdout.write(`\n${process.version}, ${new Date().toISOString()}\n`);
for (const [what, figure, goal] of table) {
  process.stdout.write(
    `${what.padEnd(widths[0]!)}  ${figure.padEnd(widths[1]!)}  ${goal === '' ? '' : `(${goal})`}\n`.replace(/ +\n$/, '\n'),
  );
}
