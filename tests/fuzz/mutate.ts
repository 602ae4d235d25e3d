// Inputs near valid ones: a seed, changed in its structure (a value of its tree replaced, doubled, dropped) or in its bytes.
import { Packr, Unpackr } from 'msgpackr';
import { seededRandom } from '../faults/seededRandom.ts';
import type { FuzzTarget } from './fuzzTarget.ts';

type Pick = <T>(of: readonly T[]) => T;

/** Draws for one input; input n of a seed is the same in every run, whatever came before it. */
export class Draw {
  readonly random: () => number;

  constructor(seed: number, index: number) {
    // Spread: neighbouring indexes must not give neighbouring streams.
    this.random = seededRandom(Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35));
  }

  below(n: number): number {
    return Math.floor(this.random() * n);
  }

  pick: Pick = (of) => of[this.below(of.length)]!;

  chance(p: number): boolean {
    return this.random() < p;
  }
}

const NUMBERS = [
  0,
  -0,
  -1,
  1,
  2,
  127,
  128,
  255,
  256,
  65_535,
  65_536,
  2 ** 31,
  2 ** 32,
  2 ** 47,
  2 ** 53 - 1,
  2 ** 53,
  1e21,
  1e-9,
  0.1,
  -1.5,
  1e308,
];
const TEXTS = [
  '',
  ' ',
  '0',
  '-1',
  '1e9',
  '0x1',
  '00001',
  '1.000000000000000000001',
  '99999999999999999999999',
  'NaN',
  'Infinity',
  'null',
  'true',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '../../etc/passwd',
  '\u0000',
  '\u202e',
  '٣',
  'é',
  '😀',
  '\ud800',
  '%',
  '%00',
  '%E0%A4%A',
  '&',
  '=',
  '"',
  "'",
  '{',
  '[',
  '\\',
  '\r\n',
  'a'.repeat(40),
  'a'.repeat(300),
  '9'.repeat(400),
  '['.repeat(300),
] as const;

function odd(draw: Draw, words: readonly string[]): unknown {
  const kind = draw.below(12);
  if (kind < 3) return draw.pick(NUMBERS);
  if (kind < 6) return draw.pick(TEXTS);
  if (kind < 9 && words.length > 0) return draw.pick(words);
  return draw.pick<unknown>([null, true, false, [], {}, [null], { __proto__: null, a: 1 }, String(draw.below(100_000)), draw.random()]);
}

/** The tree with one of its values changed. */
function changed(value: unknown, draw: Draw, words: readonly string[]): unknown {
  const down = draw.chance(0.8);
  if (Array.isArray(value) && value.length > 0 && down) {
    const copy = [...(value as unknown[])];
    const at = draw.below(copy.length);
    const what = draw.below(10);
    if (what === 0) copy.splice(at, 1);
    else if (what === 1) copy.splice(at, 0, copy[draw.below(copy.length)]);
    else if (what === 2) copy.push(odd(draw, words));
    else if (what === 3) copy.reverse();
    else copy[at] = changed(copy[at], draw, words);
    return copy;
  }
  if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array) && down) {
    const entries = Object.entries(value);
    if (entries.length > 0) {
      const at = draw.below(entries.length);
      const [name, content] = entries[at]!;
      const what = draw.below(10);
      if (what === 0) entries.splice(at, 1);
      else if (what === 1) entries.push([words.length > 0 && draw.chance(0.7) ? draw.pick(words) : draw.pick(TEXTS), odd(draw, words)]);
      else if (what === 2) entries[at] = [draw.pick(TEXTS), content];
      else entries[at] = [name, changed(content, draw, words)];
      return Object.fromEntries(entries);
    }
  }
  if (typeof value === 'number' && draw.chance(0.4)) return value + draw.pick([-1, 1, 0.5, 2 ** 32, -value, value]);
  if (typeof value === 'bigint') return draw.pick([0n, -1n, value + 1n, -value, 2n ** 63n - 1n, 2n ** 64n - 1n, -(2n ** 63n)]);
  if (typeof value === 'string' && value !== '' && draw.chance(0.5)) return changedText(value, draw);
  return odd(draw, words);
}

function changedText(text: string, draw: Draw): string {
  const at = draw.below(text.length + 1);
  switch (draw.below(6)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + draw.pick(TEXTS) + text.slice(at);
    case 2:
      return text.slice(0, at) + text.slice(at + 1);
    case 3:
      return text + text;
    case 4:
      return draw.chance(0.5) ? text.toLowerCase() : text.toUpperCase();
    default:
      return text.slice(0, at) + String.fromCharCode(draw.below(128)) + text.slice(at + 1);
  }
}

const INTERESTING = [
  0x00, 0x01, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc4, 0xc7, 0xca, 0xcb, 0xcf, 0xd3, 0xd9, 0xdb, 0xdc, 0xdd, 0xdf, 0xe0,
  0xff,
];

/** `bytes` with a few of them changed, moved, added or taken away. */
export function changedBytes(seed: Buffer, draw: Draw, others: readonly Buffer[]): Buffer {
  let bytes = Buffer.from(seed);
  for (let times = 1 + draw.below(4); times > 0; times--) {
    const at = draw.below(bytes.length + 1);
    const to = Math.min(bytes.length, at + 1 + draw.below(16));
    switch (draw.below(9)) {
      case 0:
        bytes = bytes.subarray(0, at);
        break;
      case 1:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]);
        break;
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, to), bytes.subarray(at)]);
        break;
      case 3: {
        const other = draw.pick(others);
        bytes = Buffer.concat([bytes.subarray(0, at), other.subarray(draw.below(other.length + 1))]);
        break;
      }
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(draw.pick(TEXTS)), bytes.subarray(at)]);
        break;
      case 5:
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          Buffer.from(Array.from({ length: 1 + draw.below(8) }, () => draw.below(256))),
          bytes.subarray(at),
        ]);
        break;
      case 6:
        if (at < bytes.length) bytes[at] = draw.pick(INTERESTING);
        break;
      default:
        if (at < bytes.length) bytes[at]! ^= 1 << draw.below(8);
    }
  }
  return bytes.length > 1 << 20 ? bytes.subarray(0, 1 << 20) : bytes;
}

const packr = new Packr({ useRecords: false, mapsAsObjects: true });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true });

function structural(seed: Buffer, target: FuzzTarget, draw: Draw): Buffer | undefined {
  const words = target.words ?? [];
  try {
    if (target.form === 'msgpack') return Buffer.from(packr.pack(changed(unpackr.unpack(seed), draw, words)));
    if (target.form === 'json') return Buffer.from(JSON.stringify(changed(JSON.parse(seed.toString()), draw, words)));
    if (target.form === 'request') return changedRequest(seed.toString(), target, draw);
  } catch {
    // Not to be written down again (a lone surrogate, a value msgpack has no form for): change its bytes.
  }
  return undefined;
}

/** 'VERB /path?query\nbody': one parameter, or the body's tree, or the path. */
function changedRequest(text: string, target: FuzzTarget, draw: Draw): Buffer {
  const words = target.words ?? [];
  const lineEnd = text.indexOf('\n');
  let [line, body] = lineEnd < 0 ? [text, ''] : [text.slice(0, lineEnd), text.slice(lineEnd + 1)];
  const where = draw.below(10);
  if (body !== '' && where < 7) {
    body = JSON.stringify(changed(JSON.parse(body), draw, words)) ?? '';
  } else if (where < 9) {
    const [path, query = ''] = line.split('?', 2) as [string, string?];
    const pairs = query === '' ? [] : query.split('&');
    const pair = (): string => `${encodeURIComponent(String(draw.pick(words)))}=${encodeURIComponent(String(odd(draw, words)))}`;
    const at = draw.below(pairs.length + 1);
    const what = draw.below(8);
    if (what === 0) pairs.splice(at, 1);
    else if (what === 1) pairs.splice(at, 0, pair());
    else if (what === 2 && pairs.length > 0) pairs.splice(at, 0, draw.pick(pairs));
    else if (pairs[at] !== undefined) {
      const [name = '', value = ''] = pairs[at]!.split('=', 2);
      const raw = decodeURIComponent(value);
      pairs[at] = `${name}=${encodeURIComponent(String(raw !== '' && draw.chance(0.5) ? changedText(raw, draw) : odd(draw, words)))}`;
    } else pairs.push(pair());
    line = pairs.length === 0 ? path : `${path}?${pairs.join('&')}`;
  } else {
    line = changedText(line, draw);
  }
  return Buffer.from(body === '' ? line : `${line}\n${body}`);
}

/** Input number `index` of the seed. */
export function inputOf(target: FuzzTarget, seed: number, index: number): Buffer {
  const draw = new Draw(seed, index);
  // Some of them as they are, so that what is accepted goes on being accepted.
  const start = draw.pick(target.seeds);
  const how = draw.below(100);
  if (how < 4) return Buffer.from(start);
  if (how < 6) return Buffer.from(Array.from({ length: draw.below(64) }, () => draw.below(256)));
  let input: Buffer = start;
  if (how < 65) {
    for (let times = 1 + draw.below(3); times > 0; times--)
      input = structural(input, target, draw) ?? changedBytes(input, draw, target.seeds);
    if (how < 60) return input;
  }
  return changedBytes(input, draw, target.seeds);
}
