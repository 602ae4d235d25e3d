// npm run fuzz -- [--parser NAME] [--inputs N] [--seed S] [--from INDEX]: progress while it runs, a table at its end; 1 = a parser failed.
// biome-ignore-start assist/source/organizeImports: it has to be there before the others are
import './packageFiles.ts';
// biome-ignore-end assist/source/organizeImports: it has to be there before the others are
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { type FuzzResult, fuzz } from './fuzzRun.ts';
import { inputOf } from './mutate.ts';
import { FUZZ_TARGETS } from './targets/index.ts';

const print = (line: string): unknown => process.stdout.write(`${line}\n`);

const { values } = parseArgs({
  options: {
    parser: { type: 'string', multiple: true },
    inputs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    from: { type: 'string', default: '0' },
  },
});
const inputs = Number(values.inputs);
const seed = Number(values.seed);
const from = Number(values.from);
const wanted = values.parser ?? FUZZ_TARGETS.map(({ name }) => name);
const targets = wanted.flatMap((name) => FUZZ_TARGETS.find((target) => target.name === name) ?? []);
if (targets.length < wanted.length || ![inputs, seed, from].every(Number.isSafeInteger)) {
  const names = FUZZ_TARGETS.map(({ name }) => name).join(', ');
  process.stderr.write(`fuzz: --parser is one of ${names}; --inputs, --seed and --from are whole numbers\n`);
  process.exit(2);
}

/**
 * A parser that does not come back keeps this thread: another one watches how far it is, and ends the process. It counts its own
 * looks and not the time: a process that was paused has hung in nothing.
 */
const LOOK_MS = 5000;
const LOOKS = 12;
const WATCH = `
  const { at, names, seed } = require('node:worker_threads').workerData;
  let last;
  let looks = 0;
  setInterval(() => {
    const now = at[0] + ' ' + at[1];
    looks = now === last ? looks + 1 : 0;
    if (looks === ${LOOKS}) {
      require('node:fs').writeSync(2, 'HANG in ' + names[at[0]] + ': npm run fuzz -- --parser ' + names[at[0]] + ' --seed ' + seed + ' --from ' + at[1] + ' --inputs 1\\n');
      process.kill(process.pid, 'SIGKILL');
    }
    last = now;
  }, ${LOOK_MS});`;
const at = new Int32Array(new SharedArrayBuffer(8));
new Worker(WATCH, { eval: true, workerData: { at, names: wanted, seed } }).unref();

const number = (value: number): string => value.toLocaleString('en-US');
const results: FuzzResult[] = [];
for (const [order, target] of targets.entries()) {
  const { name } = target;
  at[0] = order;
  let shownAt = performance.now();
  const result = await fuzz(target, {
    inputs,
    seed,
    from,
    onInput: (index) => {
      at[1] = index;
    },
    onProgress: (done) => {
      if (performance.now() - shownAt < 5000) return;
      shownAt = performance.now();
      print(`  ${name}: ${number(done)} of ${number(inputs)}`);
    },
  });
  results.push(result);
  const failed = result.failure === undefined ? '' : `, FAILED: ${result.failure.kind}`;
  print(`${name}: ${number(result.inputs)} inputs in ${result.seconds.toFixed(1)} s${failed}`);
}

print('\n| parser | inputs | accepted | refused | kinds of refusal | slowest | failures |\n| --- | --- | --- | --- | --- | --- | --- |');
for (const { name, inputs: count, accepted, refused, failure, slowestMs } of results) {
  const refusals = [...refused.values()].reduce((sum, one) => sum + one, 0);
  print(
    `| ${[name, number(count), number(accepted), number(refusals), refused.size, `${slowestMs.toFixed(0)} ms`, failure?.kind ?? 0].join(' | ')} |`,
  );
}
for (const [order, { name, failure }] of results.entries()) {
  if (failure === undefined) continue;
  const shown = (input: Buffer): string => JSON.stringify(input.toString('latin1').slice(0, 2000));
  print(`\n${name}: ${failure.kind}: ${failure.problem}`);
  print(`  again: npm run fuzz -- --parser ${name} --seed ${seed} --from ${failure.index} --inputs 1`);
  print(`  input: ${shown(inputOf(targets[order]!, seed, failure.index))}`);
  print(`  shrunk: ${shown(failure.input)} (base64 ${failure.input.toString('base64').slice(0, 2000)})`);
}
print(`\nseed ${seed}`);
process.exit(results.some(({ failure }) => failure !== undefined) ? 1 : 0);
