import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ChunkWriter, chunkBytesOf, readChunk } from './chunk.ts';

const message = fc.record({
  stream: fc.constantFrom('accounts-0', 'markets-0', 'klines-0', 'markets-17'),
  sequence: fc.oneof(fc.nat(), fc.constant(Number.MAX_SAFE_INTEGER)),
  payload: fc.uint8Array({ maxLength: 300 }),
});

test('what was written comes back in order, in runs of a stream', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 40 }), (messages) => {
      const writer = new ChunkWriter(new ArrayBuffer(4096));
      const written: typeof messages = [];
      for (const one of messages) {
        if (!writer.fits(one)) break;
        writer.add(one.stream, one);
        written.push(one);
      }
      expect(writer.used).toBe(written.reduce((sum, one) => sum + chunkBytesOf(one), 0));
      const runs = [...readChunk(writer.buffer, writer.used, writer.streams)];
      const read = runs.flatMap(({ stream, messages: some }) =>
        some.map(({ sequence, payload }) => ({ stream, sequence, payload: new Uint8Array(payload) })),
      );
      expect(read).toEqual(written);
      for (const [i, { stream }] of runs.entries()) expect(stream).not.toBe(runs[i + 1]?.stream);
    }),
  );
});

test('a message fits to the last byte', () => {
  const one = { sequence: 1, payload: new Uint8Array(100) };
  expect(new ChunkWriter(new ArrayBuffer(chunkBytesOf(one))).fits(one)).toBe(true);
  expect(new ChunkWriter(new ArrayBuffer(chunkBytesOf(one) - 1)).fits(one)).toBe(false);
});
