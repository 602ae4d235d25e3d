// Runs a script: sets the venue up, does its steps, lets everything heal, and looks at what is left.

import { checkEnd, settled } from './ending.ts';
import { doFault } from './faults.ts';
import { Broken, type Invariant } from './invariants.ts';
import { calmNetwork } from './network.ts';
import { plantedBug } from './plantedBugs.ts';
import { Random } from './random.ts';
import type { Script, Step } from './script.ts';
import { NO_SEAMS } from './seams.ts';
import { Traders } from './traders.ts';
import { FIRST_ACCOUNT, instruments, RATES } from './venue.ts';
import { World } from './world.ts';

export interface RunResult {
  readonly failure: { readonly invariant: Invariant; readonly what: string } | undefined;
  /** Equal for two runs in which exactly the same happened. */
  readonly trace: string;
  /** Of all entries of all logs, whoever wrote them in whatever steps. */
  readonly entries: string;
  readonly messages: number;
  readonly tasks: number;
  readonly simulatedMs: number;
  readonly fatals: number;
  readonly told: number;
  readonly unknown: number;
  readonly refused: number;
  readonly trades: number;
  readonly reasons: Readonly<Record<string, number>>;
  /** The last things that happened. */
  readonly journal: readonly string[];
}

/** A run that gets nowhere ends. */
const TASKS_MAX = 200_000;
const TASKS_PER_STEP = 4_000;

export async function runScript(script: Script): Promise<RunResult> {
  const random = new Random(`run ${script.seed}`);
  const seams = script.bug === undefined ? NO_SEAMS : plantedBug(script.bug).seams();
  const uninstall = seams.install?.();
  const world = new World(script.world, random, seams);
  const traders = new Traders(world);
  let over = false;
  const others = process.listeners('unhandledRejection');
  const unhandled = (error: unknown): void => world.fail(error, 'unhandled rejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', unhandled);
  try {
    world.driver.post(() => {
      drive(world, traders, script, random)
        .catch((error: unknown) => world.fail(error, 'driver'))
        .finally(() => {
          over = true;
        });
    });
    const tasksMax = TASKS_MAX + TASKS_PER_STEP * script.steps.length;
    await world.scheduler.run(() => {
      if (world.scheduler.tasks > tasksMax) world.fail(new Broken('healing', `after ${tasksMax} tasks there is no end`), 'driver');
      return over || world.failure !== undefined;
    });
  } finally {
    uninstall?.();
    process.off('unhandledRejection', unhandled);
    for (const other of others) process.on('unhandledRejection', other);
    for (const { process: running } of world.seats) running?.pipeline.root.stop();
  }
  const { failure, observer, scheduler } = world;
  let trades = 0;
  for (const symbol of observer.symbols.values()) trades += symbol.trades.length;
  return {
    failure: failure === undefined ? undefined : { invariant: failure.invariant, what: failure.message },
    trace: observer.traceHash(),
    entries: observer.entriesHash(),
    messages: observer.messages,
    tasks: scheduler.tasks,
    simulatedMs: Math.round(scheduler.nowUs / 1000),
    fatals: world.fatals,
    told: traders.told,
    unknown: traders.unknown,
    refused: traders.refused,
    trades,
    reasons: Object.fromEntries(traders.reasons),
    journal: world.journal,
  };
}

async function drive(world: World, traders: Traders, script: Script, random: Random): Promise<void> {
  if (script.lockstep === true) world.scheduler.clocksUs = 0;
  world.startServer();
  for (const seat of world.seats) world.startProcess(seat);
  await setUp(world, traders, random.fork('setup'));
  world.note('set up');
  world.network.faults = { ...script.world.network };
  for (const [number, step] of script.steps.entries()) {
    if (script.lockstep === true) await tickClocks(world, step.waitUs);
    await doStep(world, traders, step, number);
    if (script.lockstep !== true) continue;
    await until(world, () => traders.outstanding === 0, 20_000_000);
    await settled(world, `after step ${number}`);
  }
  await heal(world, traders);
  await checkEnd(world, traders, random.fork('end'));
  world.note('over');
}

/** Whatever is due by the new time happens now. */
async function tickClocks(world: World, us: number): Promise<void> {
  world.scheduler.clocksUs = (world.scheduler.clocksUs ?? 0) + us;
  await sleep(world, 100_000);
  await settled(world, 'after a tick');
}

async function doStep(world: World, traders: Traders, step: Step, number: number): Promise<void> {
  await sleep(world, step.waitUs);
  const random = new Random(`step ${step.seed}`);
  if (step.do === 'trade') traders.trade(random);
  else {
    world.note(`step ${number}: ${step.do}`);
    doFault(world, step.do, random);
  }
}

export function sleep(world: World, us: number): Promise<void> {
  return new Promise((resolve) => world.driver.after(us, resolve));
}

/** Waits for it, looking now and then; false when it took too long. */
export async function until(world: World, holds: () => boolean, us: number): Promise<boolean> {
  const end = world.scheduler.nowUs + us;
  while (!holds()) {
    if (world.scheduler.nowUs > end) return false;
    await sleep(world, 5_000);
  }
  return true;
}

/** Symbols and accounts, and funds for every account; nothing goes wrong yet. */
async function setUp(world: World, traders: Traders, random: Random): Promise<void> {
  const { config, observer, seats } = world;
  await until(world, () => seats.every(({ process: up }) => up?.ready === true), 5_000_000);
  const changes = [
    ...instruments(config.symbols).map((instrument) => ({ kind: 'createInstrument' as const, instrument })),
    ...Array.from({ length: config.accounts }, (_, i) => ({
      kind: 'createAccount' as const,
      account: {
        accountId: FIRST_ACCOUNT + i,
        name: `trader ${i}`,
        rates: RATES[i % RATES.length] ?? { makerRate: 0, takerRate: 0 },
        symbolRates: {},
        canTrade: true,
        canDeposit: true,
        canWithdraw: true,
        frozen: false,
        tradeGroupId: -1,
      },
    })),
  ];
  for (const change of changes) {
    for (let done = false; !done; ) {
      const outcome = await traders.call(random, (process) => process.writers.change(change).catch(() => undefined));
      done = outcome.kind === 'told' && outcome.result !== undefined;
      if (!done) await sleep(world, 50_000);
    }
  }
  const told = await until(
    world,
    () => seats.every(({ process: up }) => up?.pipeline.registry.profile(FIRST_ACCOUNT + config.accounts - 1) !== undefined),
    5_000_000,
  );
  if (!told) throw new Broken('healing', 'the registry does not reach every process');
  for (let i = 0; i < config.accounts; i++) {
    for (const asset of observer.registry.assets())
      while (!(await traders.deposit(random, FIRST_ACCOUNT + i, asset, 60_000n))) await sleep(world, 50_000);
  }
}

/** Faults stop, what is down comes up, clients get their answers or give up. */
async function heal(world: World, traders: Traders): Promise<void> {
  world.note('faults stop');
  world.network.faults = calmNetwork();
  world.disk.faults.length = 0;
  for (const machine of world.scheduler.machines) {
    machine.pausedUntilUs = 0;
    machine.slowness = 0;
  }
  if (!(await until(world, () => traders.outstanding === 0, 20_000_000)))
    throw new Broken('healing', `${traders.outstanding} clients wait for ever`);
}
