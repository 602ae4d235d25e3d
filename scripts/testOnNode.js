// Runs the tests on another major version of Node: `node scripts/testOnNode.js 24`. The npm registry carries the binaries
// (packages node-<platform>-<arch>); the one wanted is fetched once into .cache/.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const VERSIONS = { 20: '20.20.2', 22: '22.23.3', 24: '24.21.0' };

const root = fileURLToPath(new URL('..', import.meta.url));
const [major = '24', ...args] = process.argv.slice(2);
const version = VERSIONS[major];
if (version === undefined) {
  console.error(`usage: node scripts/testOnNode.js ${Object.keys(VERSIONS).join('|')} [vitest arguments]`);
  process.exit(2);
}
const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
const dir = `${root}.cache/node-${version}`;
const binary = `${dir}/node_modules/${name}/bin/node`;
if (!existsSync(binary)) {
  mkdirSync(dir, { recursive: true });
  writeFileSync(`${dir}/package.json`, '{ "private": true }\n');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-save', `${name}@${version}`], { cwd: dir, stdio: 'inherit' });
}
console.log(`testing on Node ${execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim()}`);
const run = spawnSync(binary, [`${root}node_modules/vitest/vitest.mjs`, 'run', ...args], { cwd: root, stdio: 'inherit' });
process.exit(run.status ?? 1);
