// A venue under load whose disk is traced, and what its clients were told, each with how far the trace had come by then.
import { readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { NativeClient } from '../../e2e/nativeClient.ts';
import { demoKeys, SedaxProcess } from '../../e2e/sedaxProcess.ts';
import type { Random } from './diskModel.ts';
import { type DiskRecord, readTrace } from './diskTrace.ts';
import { afterPowerCut, traced } from './diskTracer.ts';

export interface Told {
  readonly orderId: number;
  readonly cancelled: boolean;
  /** Size of the trace when the answer had come: what the answer rests on is before it. */
  readonly traceBytes: number;
  /** process.hrtime, microseconds. */
  readonly timeUs: number;
}

export interface TracedLife {
  readonly records: readonly DiskRecord[];
  readonly told: readonly Told[];
}

export interface LifeOptions {
  readonly library: string;
  readonly dir: string;
  readonly trace: string;
  readonly durability: 'always' | 'interval' | 'none';
  readonly intervalMs: number;
  readonly random: Random;
  /** Answers to wait for, and how long the load then goes on before the kill. */
  readonly answersMin: number;
  readonly loadMs: number;
}

/** Starts a venue on `dir`, trades, and kills it. */
export async function liveUntilKilled(options: LifeOptions): Promise<TracedLife> {
  const { library, dir, trace, durability, random, loadMs } = options;
  const sedax = await SedaxProcess.start(dir, {
    ...traced(library, dir, trace, 2000),
    ...afterPowerCut(library, `${trace}.boot`),
    SEDAX_JOURNAL_DURABILITY: durability,
    SEDAX_JOURNAL_INTERVAL_MS: String(options.intervalMs),
    // Snapshots and trims are part of what a disk must hold.
    SEDAX_PIPELINE_PARTITION_SNAPSHOT_EVERY_STEPS: '25',
    SEDAX_PIPELINE_PUSH_SNAPSHOT_EVERY_MESSAGES: '25',
  });
  const told: Told[] = [];
  let running = true;
  const note = (orderId: number, cancelled: boolean): void => {
    told.push({ orderId, cancelled, traceBytes: statSync(trace).size, timeUs: Number(process.hrtime.bigint() / 1000n) });
  };
  const clients = demoKeys(dir).flatMap((key) => [new NativeClient(sedax.url, key), new NativeClient(sedax.url, key)]);
  const loads = clients.map((client) => trade(client, random, note, () => running));
  // However slow the machine is today: a venue at work.
  while (told.length < options.answersMin) await sleep(20);
  await sleep(loadMs);
  await sedax.kill();
  running = false;
  await Promise.all(loads);
  return { records: readTrace(readFileSync(trace)), told };
}

async function trade(
  client: NativeClient,
  random: Random,
  note: (orderId: number, cancelled: boolean) => void,
  running: () => boolean,
): Promise<void> {
  const resting: number[] = [];
  while (running()) {
    try {
      const orderId = resting.length > 2 ? resting.shift() : undefined;
      if (orderId !== undefined) {
        const answer = await client.request('DELETE', `/api/spot/v2/${orderId}?symbol=BTCUSDT`);
        if (answer.status === 200) note(orderId, true);
        continue;
      }
      const { status, body } = await client.place({
        symbol: 'BTCUSDT',
        side: random() < 0.5 ? 'BUY' : 'SELL',
        price: (50_000 + Math.floor(random() * 200) - 100).toFixed(2),
        quantity: (0.001 + Math.floor(random() * 50) / 10_000).toFixed(5),
      });
      if (status !== 200) continue;
      note(body.orderId, false);
      if (body.status === 'Pending') resting.push(body.orderId);
    } catch {
      // Killed: what this request did is not known, and whatever it did is allowed.
      return;
    }
  }
}
