// docs/errors.md is the tables of errors, no more and no less. `UPDATE_DOCS=1 npx vitest run tests/errorsDoc` writes it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { EngineReject } from '../src/domain/rejectReason.ts';
import { BINANCE_ONLY, EdgeReject } from '../src/http/errors.ts';

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));
const FILE = path('docs/errors.md');

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function render(): string {
  const edge = Object.entries(EdgeReject)
    .sort(([, a], [, b]) => b.code - a.code)
    .map(([name, { code, httpStatus, text }]) => [code, httpStatus, `\`${name}\``, text]);
  const engine = Object.entries(EngineReject).map(([name, { code, apiCode, httpStatus, text }]) => [
    ...[code, apiCode, httpStatus, `\`${name}\``, text],
  ]);
  const binance = Object.entries(BINANCE_ONLY)
    .sort(([a], [b]) => Number(b) - Number(a))
    .map(([code, text]) => [code, text]);
  return `# Errors

Every failed request answers \`{"code": number, "msg": string}\` with the HTTP status beside it; WebSocket answers carry the
same two. Codes never change their meaning. Where Binance has the case, code and text are Binance's. \`{name}\` in a text
stands for a parameter. This page is generated from the tables in the code, and a test holds them equal.

A 4xx means that nothing happened. 503 (-1001, -1008) means that nothing happened and that it may be tried again. 504 with -1007
means that the outcome is not known: ask for the order by its client order id. 409 with -2021 says in its body which half of
a cancel-replace was done.

## At the edge

${table(['code', 'HTTP', 'name', 'text'], edge)}

## From the engine

\`reason\` is what the change log carries (\`rejectCode\`, \`outcome.code\`); clients see \`code\`.

${table(['reason', 'code', 'HTTP', 'name', 'text'], engine)}

## Only on the Binance-compatible API

${table(['code', 'meaning'], binance)}
`;
}

function sources(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => readFileSync(join(dir, name), 'utf8'));
}

describe('docs/errors.md', () => {
  if (process.env.UPDATE_DOCS === '1') writeFileSync(FILE, render());
  const text = readFileSync(FILE, 'utf8');

  it('is what the tables render', () => {
    expect(text).toBe(render());
  });

  it('has a row for every error in code, and an error in code for every row', () => {
    const rows = [...text.matchAll(/^\|.*\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(rows.toSorted()).toEqual([...Object.keys(EdgeReject), ...Object.keys(EngineReject)].toSorted());
  });
});

describe('the tables', () => {
  it('say no one thing twice', () => {
    const texts = Object.values(EdgeReject).map(({ code, httpStatus, text }) => `${code} ${httpStatus} ${text}`);
    expect(new Set(texts).size).toBe(texts.length);
    const codes = Object.values(EngineReject).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it('know every code of the Binance-compatible API, and list none it does not use', () => {
    const used = new Set<number>();
    for (const source of sources(path('src/http/binance'))) {
      for (const [, code] of source.matchAll(/[(\s,:](-[12]\d{3})\b(?!-)/g)) used.add(Number(code));
    }
    const named = new Set<number>([
      ...Object.values(EdgeReject).map(({ code }) => code),
      ...Object.values(EngineReject).map(({ apiCode }) => apiCode),
    ]);
    const only = Object.keys(BINANCE_ONLY).map(Number);
    expect([...used].filter((code) => !named.has(code) && !only.includes(code))).toEqual([]);
    expect(only.filter((code) => !used.has(code))).toEqual([]);
  });

  it('names every edge error somewhere in the edge', () => {
    const all = sources(path('src/http')).join('\n');
    const unused = Object.keys(EdgeReject).filter((name) => !all.includes(`EdgeReject.${name}`));
    expect(unused).toEqual([]);
  });
});
