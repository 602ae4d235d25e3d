// Feeds one parser with inputs and keeps the count of what became of them. The first failure is shrunk.
import { ACCEPTED, type FuzzParser, type FuzzTarget } from './fuzzTarget.ts';
import { inputOf } from './mutate.ts';

export type FailureKind = 'crash' | 'hang' | 'state change' | 'undocumented';

export interface FuzzFailure {
  readonly kind: FailureKind;
  readonly problem: string;
  readonly index: number;
  readonly input: Buffer;
}

export interface FuzzResult {
  readonly name: string;
  readonly inputs: number;
  readonly accepted: number;
  /** Refused inputs by what they were refused with. */
  readonly refused: ReadonlyMap<string, number>;
  readonly failure: FuzzFailure | undefined;
  readonly seconds: number;
  /** Longest one input took. */
  readonly slowestMs: number;
}

export interface FuzzOptions {
  readonly inputs: number;
  readonly seed: number;
  /** First input: a failure's index repeats it alone. */
  readonly from?: number;
  /** Told now and then how many are done, and before each input which one it is. */
  readonly onProgress?: (done: number) => void;
  readonly onInput?: (index: number) => void;
}

/** No input of these sizes may keep a parser busy for so long. */
const HANG_MS = 2000;
const ANSWER_MS = 20_000;
/** Waiting is counted in looks: a process that was paused has waited for one. */
const LOOK_MS = 1000;

/** Thrown by a parser under test: an answer nobody wrote down. */
export class UndocumentedError extends Error {
  override name = 'UndocumentedError';
}

export async function fuzz(target: FuzzTarget, options: FuzzOptions): Promise<FuzzResult> {
  const { inputs, seed, from = 0 } = options;
  const parser = await target.open();
  const refused = new Map<string, number>();
  let accepted = 0;
  let slowestMs = 0;
  let done = 0;
  let failure: FuzzFailure | undefined;
  const begun = performance.now();
  try {
    let before = parser.state?.();
    for (let index = from; index < from + inputs && failure === undefined; index++) {
      options.onInput?.(index);
      const input = inputOf(target, seed, index);
      const started = performance.now();
      const outcome = await attempt(parser, input, before);
      slowestMs = Math.max(slowestMs, performance.now() - started);
      done++;
      if (typeof outcome === 'object') {
        failure = { ...outcome, index, input: await shrunk(target, input, outcome.kind, outcome.problem) };
      } else if (outcome === ACCEPTED) {
        accepted++;
        before = parser.state?.();
      } else refused.set(outcome, (refused.get(outcome) ?? 0) + 1);
      if (done % 1000 === 0) {
        options.onProgress?.(done);
        // A parser that answers at once must not keep timers and signals out.
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  } finally {
    await parser.close?.();
  }
  return { name: target.name, inputs: done, accepted, refused, failure, seconds: (performance.now() - begun) / 1000, slowestMs };
}

interface Problem {
  readonly kind: FailureKind;
  readonly problem: string;
}

async function attempt(parser: FuzzParser, input: Buffer, before: string | undefined): Promise<string | Problem> {
  const started = performance.now();
  let outcome: string;
  try {
    const running = parser.run(input);
    outcome = typeof running === 'string' ? running : await inTime(running);
  } catch (error) {
    if (error instanceof UndocumentedError) return { kind: 'undocumented', problem: error.message };
    if (error === LATE) return { kind: 'hang', problem: `no answer within ${ANSWER_MS} ms` };
    const { name, message, stack = '' } = error as Error;
    const at = stack.split('\n').find((line) => /[\\/](src|dist)[\\/]/.test(line)) ?? '';
    return { kind: 'crash', problem: `${name}: ${message.slice(0, 300)} ${at.trim()}` };
  }
  // Processor time of others is in it: what took long once is tried again.
  const took = performance.now() - started;
  if (took > HANG_MS && performance.now() - started > HANG_MS) {
    const again = performance.now();
    await parser.run(input);
    if (performance.now() - again > HANG_MS) return { kind: 'hang', problem: `took ${Math.round(took)} ms` };
  }
  if (outcome !== ACCEPTED && before !== undefined) {
    const after = parser.state?.();
    if (after !== before) return { kind: 'state change', problem: `refused (${outcome}), and the state is another one` };
  }
  return outcome;
}

const LATE = Symbol('late');

async function inTime(running: Promise<string>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    let looks = 0;
    timer = setInterval(() => {
      if (++looks * LOOK_MS >= ANSWER_MS) reject(LATE);
    }, LOOK_MS);
  });
  try {
    return await Promise.race([running, late]);
  } finally {
    clearInterval(timer);
  }
}

/** The smallest input found that fails in the same way, each tried on a parser of its own. */
async function shrunk(target: FuzzTarget, input: Buffer, kind: FailureKind, problem: string): Promise<Buffer> {
  if (kind === 'hang') return input;
  const same = (text: string): string => text.replace(/\d+|"[^"]*"|'[^']*'/g, '');
  const fails = async (candidate: Buffer): Promise<boolean> => {
    const parser = await target.open();
    try {
      const outcome = await attempt(parser, candidate, parser.state?.());
      return typeof outcome === 'object' && outcome.kind === kind && same(outcome.problem) === same(problem);
    } finally {
      await parser.close?.();
    }
  };
  let smallest = input;
  let tries = 0;
  for (let chunk = Math.ceil(input.length / 2); chunk >= 1 && tries < 400; chunk = chunk === 1 ? 0 : Math.ceil(chunk / 2)) {
    for (let at = 0; at < smallest.length && tries < 400; tries++) {
      const candidate = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + chunk)]);
      if (await fails(candidate)) smallest = candidate;
      else at += chunk;
    }
  }
  return smallest;
}
