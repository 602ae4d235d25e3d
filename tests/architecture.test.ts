// Who may import whom. The table is the architecture; a file that breaks it fails here with the line to look at.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

interface Rule {
  /** Folder (or file) of src the rule is about; the longest that fits decides. */
  readonly from: string;
  /** Folders and files of src it may import; its own folder always. */
  readonly to: readonly string[];
  /** npm packages and node:* modules it may import; '*' = any. */
  readonly packages: readonly string[];
}

const RULES: readonly Rule[] = [
  { from: 'domain', to: [], packages: [] },
  { from: 'ports', to: ['domain'], packages: [] },
  { from: 'codec', to: ['domain'], packages: ['msgpackr'] },
  { from: 'bus/bus.ts', to: [], packages: [] },
  { from: 'bus/subjects.ts', to: [], packages: [] },
  { from: 'bus/memory', to: ['bus', 'ports', 'support'], packages: ['lmdb', 'msgpackr', 'node:*'] },
  { from: 'bus/jetstream', to: ['bus', 'ports', 'support'], packages: ['@nats-io/*', 'node:*'] },
  { from: 'history', to: ['domain', 'codec', 'ports'], packages: ['lmdb', 'msgpackr', 'node:*'] },
  {
    from: 'history/remote',
    to: ['history/historyStore.ts', 'history/historyKeeper.ts', 'domain', 'bus', 'codec', 'ports'],
    packages: ['node:*'],
  },
  {
    from: 'actors',
    to: ['domain', 'bus', 'codec', 'ports', 'history/historyStore.ts', 'history/historyKeeper.ts', 'history/remote', 'support'],
    packages: ['nact', 'node:*'],
  },
  {
    from: 'http',
    to: ['domain', 'ports', 'support', 'config'],
    packages: ['fastify', '@fastify/*', 'ws', 'decimal.js', 'node:*', 'ajv', '@types/*'],
  },
  { from: 'support', to: ['ports'], packages: ['pino', 'node:*'] },
  { from: 'secrets', to: ['domain', 'ports'], packages: ['node:*'] },
  { from: 'config', to: ['http', 'secrets', 'domain', 'ports', 'actors/pipeline.ts'], packages: ['ajv', 'decimal.js', 'node:*'] },
  { from: 'verify', to: ['actors', 'bus', 'domain', 'codec', 'ports'], packages: [] },
  { from: 'replay', to: ['domain', 'ports', 'http/units.ts'], packages: ['node:*'] },
];

function files(dir: string): string[] {
  return readdirSync(dir).flatMap((name) => {
    const path = join(dir, name);
    if (statSync(path).isDirectory()) return files(path);
    return path.endsWith('.ts') && !path.endsWith('.test.ts') ? [path] : [];
  });
}

function ruleOf(file: string): Rule | undefined {
  return RULES.filter(({ from }) => file === from || file.startsWith(`${from}/`)).sort((a, b) => b.from.length - a.from.length)[0];
}

function allowedPackage(rule: Rule, name: string): boolean {
  return rule.packages.some(
    (pattern) => pattern === '*' || pattern === name || (pattern.endsWith('*') && name.startsWith(pattern.slice(0, -1))),
  );
}

const IMPORT = /^\s*(?:import|export)\s[^'"]*?from\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm;

test('imports follow the table', () => {
  const broken: string[] = [];
  for (const path of files(SRC)) {
    const file = relative(SRC, path);
    const rule = ruleOf(file);
    // What has no rule is the composition root (main, app, cli): it may see everything.
    if (rule === undefined) continue;
    for (const match of readFileSync(path, 'utf8').matchAll(IMPORT)) {
      const target = match[1] ?? match[2] ?? match[3] ?? '';
      if (target.startsWith('.')) {
        const to = relative(SRC, resolve(dirname(path), target));
        const own = rule.from.endsWith('.ts') ? rule.from : `${rule.from}/`;
        if (to.startsWith(own) || rule.to.some((folder) => to === folder || to.startsWith(`${folder}/`))) continue;
        broken.push(`${file} imports ${to}`);
      } else if (!allowedPackage(rule, target)) broken.push(`${file} imports ${target}`);
    }
  }
  expect(broken).toEqual([]);
});

test('the domain asks no clock, no chance and no machine', () => {
  const banned = /\b(?:Date\.|new Date|Math\.random|setTimeout|setInterval|setImmediate|process\.|performance\.|globalThis)\b/;
  const broken = files(join(SRC, 'domain')).flatMap((path) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((line, i) => (banned.test(line.replace(/\/\/.*|^\s*\*.*/, '')) ? [`${relative(SRC, path)}:${i + 1}: ${line.trim()}`] : [])),
  );
  expect(broken).toEqual([]);
});

test('only actors know nact, only the JetStream bus knows NATS', () => {
  const broken = files(SRC).flatMap((path) => {
    const file = relative(SRC, path);
    const text = readFileSync(path, 'utf8');
    const wrong = [];
    if (/from 'nact'/.test(text) && file !== 'actors/supervision.ts') wrong.push(`${file} imports nact`);
    if (/from '@nats-io\//.test(text) && !file.startsWith('bus/jetstream/')) wrong.push(`${file} imports NATS`);
    return wrong;
  });
  expect(broken).toEqual([]);
});
