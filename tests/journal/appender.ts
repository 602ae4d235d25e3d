// Child process of crash.test.ts: appends to three streams as fast as it may, trims and takes snapshots now and then, and says
// on stdout what was acknowledged. Ends by being killed.
import { writeSync } from 'node:fs';
import { MemoryBus } from '../../src/bus/memory/memoryBus.ts';
import { payloadOf, STREAMS, subjectOf } from './crashLog.ts';

const bus = await MemoryBus.open({
  journal: { dir: process.argv[2]!, durability: 'always', intervalMs: 1000 },
  memoryBytesMax: 100_000,
});
for (const stream of STREAMS) await bus.ensureStream(stream, [subjectOf(stream)]);
writeSync(1, 'ready\n');

async function appendFor(stream: string): Promise<void> {
  let last = (await bus.streamInfo(stream)).lastSequence;
  for (;;) {
    const burst = Array.from({ length: 1 + Math.floor(Math.random() * 40) }, () => {
      const sequence = last + 1;
      const appended = bus.append({
        stream,
        subject: subjectOf(stream),
        headers: { at: String(sequence) },
        payload: payloadOf(stream, sequence),
        expectedLastSequence: last++,
      });
      return appended.then((acknowledged) => writeSync(1, `${stream} ${acknowledged}\n`));
    });
    await Promise.all(burst);
    if (Math.random() < 0.05) await bus.trim(stream, last - 500);
    if (Math.random() < 0.05) {
      const data = Buffer.concat([payloadOf(stream, last), Buffer.alloc(1_500_000, last & 0xff)]);
      await bus.putSnapshot({ name: stream, meta: { at: String(last) }, data });
    }
  }
}
await Promise.all(STREAMS.map(appendFor));
