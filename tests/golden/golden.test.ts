// The committed bytes of every entity type and schema version are still read, and the newest still written, bit by bit.
// After adding a case or a version: UPDATE_GOLDEN=1 npx vitest run tests/golden (existing files are never overwritten).
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Packr, Unpackr } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import { decodeStep, encodeStep } from '../../src/codec/stepCodec.ts';
import { SCHEMA_VERSION } from '../../src/codec/upgrades.ts';
import { EntityType } from '../../src/domain/changeLogEntry.ts';
import { goldenSteps } from './goldenSteps.ts';

const fileOf = (name: string, version: number): URL => new URL(`./${name}.v${version}.msgpack`, import.meta.url);

if (process.env.UPDATE_GOLDEN === '1') {
  for (const [name, entries] of Object.entries(goldenSteps)) {
    const bytes = encodeStep(entries);
    if (!existsSync(fileOf(name, SCHEMA_VERSION))) writeFileSync(fileOf(name, SCHEMA_VERSION), bytes);
    if (!existsSync(fileOf(name, 1))) writeFileSync(fileOf(name, 1), asVersion1(bytes));
  }
}

/** What version 1 made of the same entries: changed fields nested, integers beyond 32 bits as floats. */
function asVersion1(bytes: Uint8Array): Uint8Array {
  // msgpackr reads 64-bit integers as numbers here, and so writes floats; amounts beyond 2^53 stay bigints.
  const unpackr = new Unpackr({ useRecords: false, int64AsType: 'auto' } as object);
  const [, ...entries] = unpackr.unpack(bytes) as [number, ...unknown[][]];
  const nested = entries.map((entry) => {
    const body = entry[5] as unknown[];
    if (entry[2] !== 1) return entry;
    return entry.with(
      5,
      Array.from({ length: body.length / 3 }, (_, i) => body.slice(i * 3, i * 3 + 3)),
    );
  });
  return new Packr({ useRecords: false }).pack([1, ...nested]);
}

describe.each(Object.entries(goldenSteps))('%s', (name, entries) => {
  test('is written as it always was', () => {
    expect(Buffer.from(encodeStep(entries)).toString('hex')).toBe(readFileSync(fileOf(name, SCHEMA_VERSION), 'hex'));
  });

  test.each(Array.from({ length: SCHEMA_VERSION }, (_, i) => i + 1))('version %i is read', (version) => {
    expect(decodeStep(readFileSync(fileOf(name, version)))).toEqual(entries);
  });
});

test('every entity type and every committed file has its case', () => {
  const covered = new Set(Object.values(goldenSteps).flatMap((entries) => entries.map((entry) => entry.entityType)));
  expect(covered).toEqual(new Set(Object.values(EntityType)));
  const files = readdirSync(new URL('.', import.meta.url)).filter((file) => file.endsWith('.msgpack'));
  const names = Object.keys(goldenSteps);
  expect(files.sort()).toEqual(names.flatMap((name) => [`${name}.v1.msgpack`, `${name}.v2.msgpack`]).sort());
});
