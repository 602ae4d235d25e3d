// The middle of the bare chain, in a process of its own: reads one stream, writes the next, reads that, writes the third.
// Appends and reads of the bus alone: what the exchange's three hops cannot be faster than.
import { JetStreamBus } from '../../src/bus/jetstream/jetStreamBus.ts';

/** The three streams of one chain. */
export const chainOf = (run: number): readonly [string, string, string] => [`chain-${run}-1`, `chain-${run}-2`, `chain-${run}-3`];
export const subjectOf = (stream: string): string => `bare.${stream}`;

export interface Hop {
  readonly from: string;
  readonly to: string;
  readonly bytes: number;
}

/** Appends one message for each message read. */
export async function relay(bus: JetStreamBus, { from, to, bytes }: Hop): Promise<void> {
  const payload = Buffer.alloc(bytes, 7);
  const reader = bus.read(from, { fromSequence: 1 });
  let sent = 0;
  for (;;) {
    const messages = await reader.next();
    if (messages.length === 0) return;
    for (const message of messages) {
      const headers = message.headers;
      const appended = bus.append({ stream: to, subject: subjectOf(to), headers, payload, expectedLastSequence: sent++ });
      appended.catch((error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      });
    }
  }
}

export interface Hops {
  readonly urls: readonly string[];
  readonly replicas: number;
  /** Of a message of the second and of the third stream. */
  readonly bytes: readonly [number, number];
  readonly run: number;
}

/** Resolves once both hops are under way; `done` when they end, as they do when the bus is closed. */
export async function startHops({
  urls,
  replicas,
  bytes,
  run,
}: Hops): Promise<{ readonly bus: JetStreamBus; readonly done: Promise<unknown> }> {
  const bus = await JetStreamBus.connect({ servers: urls, name: 'bare hops', replicas });
  const chain = chainOf(run);
  for (const stream of chain) await bus.ensureStream(stream, [subjectOf(stream)]);
  const done = Promise.all([
    relay(bus, { from: chain[0], to: chain[1], bytes: bytes[0] }),
    relay(bus, { from: chain[1], to: chain[2], bytes: bytes[1] }),
  ]);
  return { bus, done };
}

async function main(): Promise<void> {
  const { done } = await startHops(JSON.parse(process.argv[2] ?? '{}') as Hops);
  process.once('SIGTERM', () => process.exit(0));
  process.stdout.write('ready\n');
  await done;
}

if (process.argv[1]?.endsWith('bareHops.js')) await main();
