// Fetches what the comparison needs into .cache (or SEDAX_PEERS): the other engines, at the versions that were measured, and
// the workloads. They are no dependencies of this project. What cannot be had is said and left out.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SCENARIOS, workloadPath, workloadsFolder } from '../flash1/scenarios.ts';
import { exchangeCoreFolder, peersFolder } from './engines.ts';

const PACKAGES = ['nodejs-order-book@10.1.1', 'bintrees@1.0.2', 'denque@2.1.0', 'sorted-btree@2.1.0', 'eventemitter2@6.4.9'];
const EXCHANGE_CORE_VERSION = '0.5.3';
/** From the compiled file .cache/bench/benchmarks/peers/install.js. */
const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

function run(cwd: string, command: string, ...args: readonly string[]): void {
  execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
}

/** A commit of a GitHub repository, or of its newest state the files of `paths` alone. */
function checkOut(repository: string, commit: string, folder: string, paths: readonly string[] = ['.']): void {
  const fresh = `${folder}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  run(fresh, 'git', 'init', '--quiet');
  run(fresh, 'git', 'remote', 'add', 'origin', `https://github.com/${repository}`);
  run(fresh, 'git', 'fetch', '--quiet', '--depth=1', '--filter=blob:none', 'origin', commit);
  run(fresh, 'git', 'checkout', '--quiet', 'FETCH_HEAD', '--', ...paths);
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
}

function installPackages(): void {
  const folder = peersFolder();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  run(folder, 'npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', ...PACKAGES);
}

function installVdt(): void {
  const folder = join(peersFolder(), 'vdt');
  checkOut('vdt/matching-engine', 'c75e7f2675f6bb4936313e9ae27a00b6ab8c4627', folder);
  // Its company's logger was never published; the book calls it when it has lost count.
  const logger = join(peersFolder(), 'node_modules', 'bitfloor');
  mkdirSync(logger, { recursive: true });
  writeFileSync(join(logger, 'logger.js'), 'exports.panic = (message) => { throw new Error(message); };\n');
}

function installLobJs(): void {
  const folder = join(peersFolder(), 'lob.js');
  checkOut('ShaunLWM/LimitOrderBook', '8179bedc3519f7d3fcca157e36c78c6ab4b4545f', folder);
  // As CommonJS: it names imports that its CommonJS libraries do not export by name.
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const tsc = join(ROOT, 'node_modules', '.bin', 'tsc');
  const options = ['--ignoreConfig', '--outDir', 'dist', '--module', 'nodenext', '--target', 'es2022', '--noCheck', '--types', 'node'];
  run(folder, tsc, ...options, 'src/index.ts');
}

function installExchangeCore(): void {
  const folder = exchangeCoreFolder();
  mkdirSync(folder, { recursive: true });
  const dependencies = [
    `<groupId>exchange.core2</groupId><artifactId>exchange-core</artifactId><version>${EXCHANGE_CORE_VERSION}</version>`,
    // It logs nowhere, and does not say so.
    '<groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.30</version>',
  ];
  writeFileSync(
    join(folder, 'pom.xml'),
    `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>peers</groupId><artifactId>peers</artifactId><version>1</version>
<dependencies>${dependencies.map((text) => `<dependency>${text}</dependency>`).join('\n')}</dependencies></project>
`,
  );
  run(folder, 'mvn', '-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=lib');
  run(folder, 'javac', '-cp', 'lib/*', '-d', 'classes', join(ROOT, 'benchmarks', 'peers', 'ExchangeCoreDriver.java'));
}

function makeWorkloads(): void {
  const folder = workloadsFolder();
  mkdirSync(folder, { recursive: true });
  const missing = SCENARIOS.filter((scenario) => !existsSync(workloadPath(scenario)));
  if (missing.length === 0) return;
  const source = join(folder, 'source');
  checkOut('flash1-dev/matching-engine-benchmark', 'HEAD', source, ['workload']);
  run(source, 'g++', '-std=c++20', '-O3', '-o', 'generator', 'workload/generator.cpp');
  for (const scenario of missing) run(source, './generator', scenario, workloadPath(scenario));
}

export function installAll(): void {
  const steps: readonly [string, () => void][] = [
    ['npm packages', installPackages],
    ['vdt', installVdt],
    ['lob.js', installLobJs],
    ['exchange-core', installExchangeCore],
    ['workloads', makeWorkloads],
  ];
  for (const [name, step] of steps) {
    try {
      step();
      process.stdout.write(`${name}: ready\n`);
    } catch (error) {
      const { message, stderr } = error as Error & { readonly stderr?: string };
      process.stdout.write(`${name}: left out: ${(stderr || message).trim().split('\n').at(-1)}\n`);
      process.exitCode = 1;
    }
  }
}
