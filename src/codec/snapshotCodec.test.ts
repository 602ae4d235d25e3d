import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CodecError } from './codecError.ts';
import { decodeParts, decodeSnapshot, encodeSnapshot, SnapshotParts } from './snapshotCodec.ts';

const plain = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    // Minus zero comes back as zero.
    fc.double().map((value) => value + 0),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.bigInt(),
    fc.bigInt({ min: 0n, max: 2n ** 62n }),
    fc.string({ unit: 'grapheme' }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('any')),
    fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      tie('any'),
      { noNullPrototype: true },
    ),
  ),
})).any;

describe('snapshots', () => {
  test('plain data comes back as it was, numbers as numbers and bigints as bigints of any size', () => {
    fc.assert(
      fc.property(plain, (data) => {
        expect(decodeSnapshot(encodeSnapshot(data))).toEqual(data);
      }),
      { numRuns: 500 },
    );
  });

  test('the edges of exactness', () => {
    const data = [2 ** 32, 2 ** 53, 2 ** 53 + 2, -(2 ** 63), 1n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n, -(2n ** 100n)];
    expect(decodeSnapshot(encodeSnapshot(data))).toEqual(data);
  });

  test('what would come back changed is refused, with its path', () => {
    class State {}
    expect(() => encodeSnapshot({ accounts: [{ orders: new Map() }] })).toThrow('snapshot.accounts[0].orders: Map');
    expect(() => encodeSnapshot([1, undefined])).toThrow('snapshot[1]: undefined');
    expect(() => encodeSnapshot({ a: new State() })).toThrow('snapshot.a: State');
    expect(() => encodeSnapshot({ a: new Date() })).toThrow(CodecError);
    expect(() => encodeSnapshot(() => 1)).toThrow(CodecError);
    expect(() => encodeSnapshot(JSON.parse('{"__proto__":1}'))).toThrow(/__proto__/);
    const loop: unknown[] = [];
    loop.push(loop);
    expect(() => encodeSnapshot(loop)).toThrow(/nested deeper/);
  });

  test('bytes that are no snapshot are refused', () => {
    expect(() => decodeSnapshot(Buffer.of(0x93, 1))).toThrow(CodecError);
    expect(() => decodeSnapshot(new Uint8Array())).toThrow(CodecError);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        try {
          decodeSnapshot(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(CodecError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('a million values', () => {
    const rows = Array.from({ length: 200_000 }, (_, i) => [i, BigInt(i) * 10n ** 9n, 'BTCUSDT', null, i * 2 ** 30]);
    expect(decodeSnapshot(encodeSnapshot(rows))).toEqual(rows);
  });
});

test('parts come back one by one, however many megabytes they are', () => {
  const written = [
    [],
    ['a', 1n],
    { bytes: new Uint8Array(3_000_000).fill(7) },
    Array.from({ length: 200_000 }, (_, i) => `text ${i}`),
    [null],
  ];
  const parts = new SnapshotParts();
  for (const part of written) parts.add(part);
  expect([...decodeParts(parts.data)].map((part) => Buffer.from(encodeSnapshot(part)).toString('base64').length)).toEqual(
    written.map((part) => Buffer.from(encodeSnapshot(part)).toString('base64').length),
  );
  expect([...decodeParts(parts.data)][3]).toEqual(written[3]);
  expect([...decodeParts(new Uint8Array())]).toEqual([]);
});

test('parts that are cut off are refused', () => {
  const parts = new SnapshotParts();
  parts.add([1, 2, 3]);
  parts.add(['some', 'text']);
  const { data } = parts;
  for (let bytes = 1; bytes < data.length; bytes++) {
    // After a whole part nothing tells that there was another: the bus's checksum does.
    if (bytes === 4 + encodeSnapshot([1, 2, 3]).length) continue;
    expect(() => [...decodeParts(data.subarray(0, bytes))]).toThrow(CodecError);
  }
});

test('what is no plain data is refused in a part, too', () => {
  expect(() => new SnapshotParts().add([new Map()])).toThrow('snapshot[0]: Map');
});
