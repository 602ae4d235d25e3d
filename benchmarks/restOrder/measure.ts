// A server's rate and its latency at half of it, beside those of a bare route, in alternating rounds.
import { median } from '../measure/statistics.ts';
import type { ClientJob, ClientResult } from './client.ts';
import type { OrderServer } from './servers.ts';

export type RunClient = (job: ClientJob) => Promise<ClientResult>;

export interface RouteRow {
  readonly what: string;
  readonly requestsPerSecond: number;
  /** Of the server's processor time. */
  readonly requestsPerCpuSecond: number;
  readonly halfLoadPerSecond: number;
  /** Milliseconds from when a request was due until its answer, at half load. */
  readonly p50: number;
  readonly p99: number;
}

export interface RouteOptions {
  readonly rounds: number;
  /** A round's requests as fast as they go. */
  readonly requests: number;
  /** A round at half load. */
  readonly seconds: number;
}

interface Subject {
  readonly what: string;
  readonly server: OrderServer;
  next: number;
  readonly rates: number[];
  readonly cpuRates: number[];
  readonly p50: number[];
  readonly p99: number[];
}

export async function measureRoutes(
  servers: Readonly<Record<string, OrderServer>>,
  runClient: RunClient,
  { rounds, requests, seconds }: RouteOptions,
): Promise<RouteRow[]> {
  const subjects = Object.entries(servers).map(
    ([what, server]): Subject => ({ what, server, next: 0, rates: [], cpuRates: [], p50: [], p99: [] }),
  );
  const send = async (subject: Subject, count: number, ratePerSecond: number): Promise<ClientResult> => {
    const { kind, port, keys } = subject.server;
    const result = await runClient({ kind, port, keys, requests: count, ratePerSecond, first: subject.next });
    subject.next += count;
    if (result.failed > 0 || result.answered !== count) throw new Error(`${subject.what}: ${JSON.stringify(result)}`);
    return result;
  };
  // Round 0 is for the compilers.
  for (let round = 0; round <= rounds; round++) {
    for (const subject of subjects) {
      const before = process.cpuUsage();
      const { seconds: took } = await send(subject, requests, 0);
      const { user, system } = process.cpuUsage(before);
      if (round === 0) continue;
      subject.rates.push(requests / took);
      subject.cpuRates.push((requests * 1e6) / (user + system));
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) {
      const rate = median(subject.rates) / 2;
      const { p50, p99 } = await send(subject, Math.ceil(rate * seconds), rate);
      subject.p50.push(p50);
      subject.p99.push(p99);
    }
  }
  for (const { server } of subjects) await server.check();
  return subjects.map(({ what, rates, cpuRates, p50, p99 }) => ({
    what,
    requestsPerSecond: Math.round(median(rates)),
    requestsPerCpuSecond: Math.round(median(cpuRates)),
    halfLoadPerSecond: Math.round(median(rates) / 2),
    p50: median(p50),
    p99: median(p99),
  }));
}
