// The simulator's command line:
//   npm run simulate -- --seed 7 --steps 300              one seed
//   npm run simulate -- --seed 1 --seeds 500 --steps 200  many, until one fails
//   npm run simulate -- --minutes 30 --steps 1000         as many as there is time for
//   npm run simulate -- --script tests/simulation/regressions/x.json
// A failure prints seed, commit and invariant, and is shrunk to a script that can be kept as a regression.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { INVARIANTS } from './invariants.ts';
import { PLANTED_BUGS } from './plantedBugs.ts';
import { drawScript, type Script } from './script.ts';
import { shrink } from './shrink.ts';
import { type RunResult, runScript } from './simulation.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    steps: { type: 'string', default: '200' },
    minutes: { type: 'string' },
    bug: { type: 'string' },
    script: { type: 'string' },
    out: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    'no-shrink': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const print = (line: string): void => void process.stdout.write(`${line}\n`);

if (values.help) {
  print('--seed N --seeds COUNT --minutes M --steps N --script FILE --out FILE --bug NAME --verbose --no-shrink');
  print(`bugs: ${PLANTED_BUGS.map(({ name }) => name).join(', ')}`);
} else await main();

async function main(): Promise<void> {
  const total = { seeds: 0, steps: 0, messages: 0, commands: 0, unknown: 0, trades: 0, simulatedMs: 0 };
  const begun = performance.now();
  const endMs = values.minutes === undefined ? undefined : begun + Number(values.minutes) * 60_000;
  const count = values.script === undefined ? Number(values.seeds) : 1;
  for (let seed = Number(values.seed); ; seed++) {
    if (endMs === undefined ? total.seeds >= count : performance.now() > endMs) break;
    const script = values.script === undefined ? drawScript(seed, Number(values.steps), values.bug) : readScript(values.script);
    const result = await runScript(script);
    if (values.verbose) print(result.journal.join('\n'));
    total.seeds++;
    total.steps += script.steps.length;
    total.messages += result.messages;
    total.commands += result.told;
    total.unknown += result.unknown;
    total.trades += result.trades;
    total.simulatedMs += result.simulatedMs;
    if (endMs === undefined || result.failure !== undefined || total.seeds % 100 === 0) print(`seed ${script.seed}: ${facts(result)}`);
    if (result.failure === undefined) continue;
    await report(script, result.failure);
    process.exitCode = 1;
    break;
  }
  const { simulatedMs, ...counts } = total;
  print(
    `${JSON.stringify({ ...counts, simulatedHours: Number((simulatedMs / 3_600_000).toFixed(2)), seconds: Math.round((performance.now() - begun) / 1000) })}`,
  );
}

function readScript(file: string): Script {
  return JSON.parse(readFileSync(file, 'utf8')) as Script;
}

function facts(result: RunResult): string {
  const { failure, messages, told, unknown, refused, trades, simulatedMs, fatals, trace } = result;
  return `${failure === undefined ? 'ok' : 'BROKEN'} ${JSON.stringify({ messages, told, unknown, refused, trades, fatals, simulatedMs, trace: trace.slice(0, 12) })}`;
}

async function report(script: Script, failure: NonNullable<RunResult['failure']>): Promise<void> {
  print(`seed ${script.seed}, ${script.steps.length} steps, commit ${commit()}`);
  print(`broken: ${INVARIANTS[failure.invariant]}\n${failure.what}`);
  if (values['no-shrink']) return;
  const shrunk = await shrink(script, failure.invariant);
  const again = await runScript(shrunk.script);
  print(`shrunk to ${shrunk.script.steps.length} steps in ${shrunk.runs} runs: ${again.failure?.what}`);
  const file = values.out ?? `.cache/simulation/failure-${script.seed}.json`;
  writeFileSync(file, `${JSON.stringify(shrunk.script)}\n`);
  print(`again: npm run simulate -- --script ${file} --verbose`);
}

function commit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}
