// Messages over three streams with nothing between: the same number, bytes and headers as the exchange's own, as many in flight.
import { JetStreamBus } from '../../src/bus/jetstream/jetStreamBus.ts';
import { chainOf, type Hops, subjectOf } from './bareHops.ts';

/** Messages and bytes of the real run, for the bare chain to carry the same. */
export interface Carried {
  readonly messages: number;
  readonly bytes: readonly [number, number, number];
}

/** The chain's own warm-up, and so many times the messages of a round are counted: it is fast. */
const ROUNDS = 4;

let chains = 0;

/** Messages a second. `startHops` starts what is between the streams, and says how to stop it. */
export async function bareChain(
  urls: readonly string[],
  { messages, bytes }: Carried,
  inFlight: number,
  startHops: (hops: Hops) => Promise<() => Promise<void>>,
): Promise<number> {
  const replicas = urls.length;
  const run = ++chains;
  const chain = chainOf(run);
  const stopHops = await startHops({ urls, replicas, bytes: [bytes[1], bytes[2]], run });
  const bus = await JetStreamBus.connect({ servers: urls, name: 'bare chain', replicas });
  try {
    await bus.ensureStream(chain[0], [subjectOf(chain[0])]);
    const payload = Buffer.alloc(bytes[0], 7);
    const headers = {
      'Sedax-Writer': 'bare',
      'Sedax-Epoch': '1',
      'Sedax-Entries': 'SpotOrder=20,Balance=20',
      'Sedax-In': 'markets-0=1',
      'Sedax-Last-Entry': '1',
    };
    let sent = 0;
    const send = (): void => {
      bus
        .append({ stream: chain[0], subject: subjectOf(chain[0]), headers, payload, expectedLastSequence: sent++ })
        .catch((error: unknown) => {
          throw error;
        });
    };
    const reader = bus.read(chain[2], { fromSequence: 1 });
    const most = messages * (ROUNDS + 1);
    let started = 0;
    let back = 0;
    let counted = 0;
    while (sent < Math.min(inFlight, most)) send();
    while (back < most) {
      back += (await reader.next()).length;
      if (started === 0 && back >= messages) {
        started = performance.now();
        counted = back;
      }
      while (sent < most && sent - back < inFlight) send();
    }
    return ((back - counted) / (performance.now() - started)) * 1000;
  } finally {
    await bus.close();
    await stopHops();
  }
}
