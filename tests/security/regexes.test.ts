// Every regular expression of the source, and every pattern of a schema, against texts made to keep it busy: each takes a time
// that grows with the length of the text and no faster. Found by parsing the source, so that a new one is here by itself.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parseAst } from 'vitest/node';
import { CONFIG_SCHEMA } from '../../src/config/schema.ts';
import * as adminSchemas from '../../src/http/admin/schemas.ts';
import { inexactNumber } from '../../src/http/native/jsonBody.ts';
import * as nativeSchemas from '../../src/http/native/schemas.ts';
import { RouteTable } from '../../src/http/routeTable.ts';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));
/** A few, for those that double their time with every character; then many, for those that square it. */
const LENGTHS = [26, 16_000];
/** A linear one needs 0.1 ms for the longer, a quadratic one 100 and more. */
const MOST_MS = 40;

interface Found {
  readonly where: string;
  readonly source: string;
  readonly flags: string;
}

function regexesOf(code: string): { source: string; flags: string }[] {
  const found: { source: string; flags: string }[] = [];
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) for (const item of node) walk(item);
    if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
    const { type, regex } = node as { type?: string; regex?: { pattern: string; flags: string } };
    if (type === 'Literal' && regex !== undefined) found.push({ source: regex.pattern, flags: regex.flags });
    for (const inner of Object.values(node)) walk(inner);
  };
  walk(parseAst(code, { lang: 'ts' }));
  return found;
}

/** What is said of `new RegExp` holds: nobody but these two makes one out of a text. */
function madeOfText(code: string): number {
  return code.split(/\bnew RegExp\(/).length - 1;
}

function patternsOf(schema: unknown, patterns = new Set<string>()): Set<string> {
  if (typeof schema !== 'object' || schema === null) return patterns;
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'pattern' && typeof value === 'string') patterns.add(value);
    else patternsOf(value, patterns);
  }
  return patterns;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
const literals: Found[] = files.flatMap((file) =>
  regexesOf(readFileSync(join(SRC, file), 'utf8')).map((regex) => ({ where: file, ...regex })),
);
const patterns: Found[] = [...patternsOf([CONFIG_SCHEMA, { ...nativeSchemas }, { ...adminSchemas }])].map((source) => ({
  where: 'schemas',
  source,
  flags: 'u',
}));

/** Characters the expression knows something of, and some it may not. */
function alphabetOf(source: string): string[] {
  const chars = new Set(['a', '0', ' ', '.', '/', '%']);
  const plain = source.replace(/\\[dwsDWSbB]|\\[pP]\{[^}]*\}|\\x[0-9a-f]{2}|[\^$*+?(){}|[\]\\]/gi, '');
  for (const char of plain) if (chars.size < 12) chars.add(char);
  return [...chars];
}

/** Texts to begin with: what stands at the start of the expression literally, so that the rest of it is reached. */
function startsOf(source: string): string[] {
  const literal = /^\^?((?:\\[/.]|[A-Za-z0-9_!@/ "-])+)/.exec(source)?.[1]?.replace(/\\/g, '') ?? '';
  return ['', literal, literal.slice(0, -1)].filter((start, i, all) => all.indexOf(start) === i);
}

/** The first text that keeps it busy for too long, or undefined. */
function attack({ source, flags }: Pick<Found, 'source' | 'flags'>): string | undefined {
  const chars = alphabetOf(source);
  const pumps = [...chars, ...chars.flatMap((a) => chars.map((b) => (a === b ? '' : a + b)))].filter((pump) => pump !== '');
  const regex = new RegExp(source, flags.replace('y', ''));
  const run = (text: string): number => {
    const begun = performance.now();
    regex.lastIndex = 0;
    // As replace and matchAll do: over the whole text.
    if (regex.global) for (let found = regex.exec(text); found !== null; found = regex.exec(text)) if (found[0] === '') regex.lastIndex++;
    if (!regex.global) regex.exec(text);
    return performance.now() - begun;
  };
  for (const length of LENGTHS) {
    for (const start of startsOf(source)) {
      for (const pump of pumps) {
        for (const end of ['', '\u0000', '1']) {
          const text = start + pump.repeat(Math.ceil(length / pump.length)) + end;
          // Other work of the machine makes one measurement long, not all of three.
          let tookMs = run(text);
          for (let again = 0; again < 2 && tookMs > MOST_MS; again++) tookMs = Math.min(tookMs, run(text));
          if (tookMs > MOST_MS)
            return `${JSON.stringify(start)} + ${JSON.stringify(pump)} x ${length} + ${JSON.stringify(end)}: ${Math.round(tookMs)} ms`;
        }
      }
    }
  }
  return undefined;
}

it.each(['^(a+)+$', '^(\\w+\\s?)*$', '^a*a*b$', '\\.?0+$'])('the check finds %s', (source) => {
  expect(attack({ source, flags: '' })).toMatch(/ms$/);
});

it('knows all of them', () => {
  expect(literals.length).toBeGreaterThan(40);
  expect(patterns.length).toBeGreaterThan(10);
  const made = files.filter((file) => madeOfText(readFileSync(join(SRC, file), 'utf8')) > 0);
  expect(made).toEqual([join('http', 'routeTable.ts')]);
});

/** Their texts are ours, and short: `why` says where they come from. */
const OURS: Readonly<Record<string, string>> = {
  '\\.\\d+$': 'keys of the settings',
  '\\/+$': 'routes as the code registers them',
};

it.each(
  [...literals, ...patterns]
    .filter(({ source }) => OURS[source] === undefined)
    .map((found) => [`${found.where} /${found.source}/${found.flags}`, found] as const),
)('%s', (_name, found) => {
  expect(attack(found)).toBeUndefined();
});

it('paths of routes with a wildcard', () => {
  const table = new RouteTable();
  for (const url of ['/docs/*', '/docs/static/*', '/api/:a/:b/:c', '/*']) table.add('GET', url);
  for (const pump of ['/', 'a', '/a', 'a/', '/docs/', '%2f']) {
    const begun = performance.now();
    table.methodsAt(`/docs/${pump.repeat(8_192 / pump.length)}\u0000`);
    expect(performance.now() - begun).toBeLessThan(MOST_MS * 4);
  }
});

it('numbers of a JSON body, however long', () => {
  for (const number of [`1.${'0'.repeat(65_000)}1`, `1.${'0'.repeat(65_000)}`, '9'.repeat(65_000), `0.${'1'.repeat(65_000)}`]) {
    const before = process.cpuUsage();
    inexactNumber(`{"a":${number}}`);
    inexactNumber(`[${`${number.slice(0, 40)},`.repeat(1_500)}0]`);
    expect(process.cpuUsage(before).user).toBeLessThan(500_000);
  }
});
