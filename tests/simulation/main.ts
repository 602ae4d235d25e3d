// npm run simulate -- --seed N [--steps M] [--seeds COUNT] [--bug NAME] [--script FILE] [--verbose]
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { INVARIANTS } from './invariants.ts';
import { drawScript, type Script } from './script.ts';
import { runScript } from './simulation.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    steps: { type: 'string', default: '200' },
    bug: { type: 'string' },
    script: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});

const first = Number(values.seed);
let steps = 0;
for (let seed = first; seed < first + Number(values.seeds); seed++) {
  const script: Script =
    values.script === undefined
      ? drawScript(seed, Number(values.steps), values.bug)
      : (JSON.parse(readFileSync(values.script, 'utf8')) as Script);
  const begun = performance.now();
  const result = await runScript(script);
  steps += script.steps.length;
  const ms = Math.round(performance.now() - begun);
  const { journal, failure, ...facts } = result;
  if (values.verbose) console.log(journal.join('\n'));
  console.log(`seed ${script.seed}: ${failure === undefined ? 'ok' : 'BROKEN'} ${ms} ms ${JSON.stringify(facts)}`);
  if (failure === undefined) continue;
  console.log(`commit ${commit()}, seed ${script.seed}, ${script.steps.length} steps\n${INVARIANTS[failure.invariant]}\n${failure.what}`);
  process.exitCode = 1;
  break;
}
console.log(`${steps} steps`);

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}
