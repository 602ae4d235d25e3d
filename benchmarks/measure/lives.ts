// Functions run in processes of their own, one after the other, for what only a fresh process shows. The program's main file
// forks itself: it calls serveLife() first, and does nothing else when that answers true.
import { fork } from 'node:child_process';

type Life = (...args: never[]) => Promise<unknown>;

const FLAG = '--life';

/** True in a process that was started to run one of the functions; it ends by itself. */
export async function serveLife(lives: Readonly<Record<string, Life>>): Promise<boolean> {
  const [, , flag, name, args] = process.argv;
  if (flag !== FLAG) return false;
  process.send!({ result: await lives[name!]!(...(JSON.parse(args!) as never[])) });
  process.disconnect();
  return true;
}

/** Runs a function of serveLife()'s in a process of its own; arguments and result are JSON. */
export function live<Result>(name: string, ...args: readonly unknown[]): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = fork(process.argv[1]!, [FLAG, name, JSON.stringify(args)], { execArgv: ['--expose-gc'] });
    let result: { readonly result: Result } | undefined;
    child.on('message', (message) => {
      result = message as { readonly result: Result };
    });
    child.on('exit', (code) => (result === undefined ? reject(new Error(`${name} ended with ${code}`)) : resolve(result.result)));
  });
}
