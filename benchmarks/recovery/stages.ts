// Settlement and Match of one partition each, driven command by command without actors: the behaviours, the codec and the log's
// writing end are the real ones. For benchmarks that need a venue's state or its logs, quickly and repeatably.
import type { Behaviour, ChildKey, RunContext } from '../../src/actors/behaviour.ts';
import { MarketBehaviour, type MarketInput } from '../../src/actors/match/marketBehaviour.ts';
import { OutputLog } from '../../src/actors/outputLog.ts';
import { type AccountAnswer, AccountBehaviour, type AccountInput } from '../../src/actors/settlement/accountBehaviour.ts';
import type { Bus } from '../../src/bus/bus.ts';
import { streams } from '../../src/bus/subjects.ts';
import type { Account } from '../../src/domain/account/account.ts';
import { NO_ACCOUNT_LIMITS } from '../../src/domain/account/limits.ts';
import type { ChangeLogEntry } from '../../src/domain/changeLogEntry.ts';
import type { AccountCommand } from '../../src/domain/command.ts';
import type { Market } from '../../src/domain/market/market.ts';
import type { Registry } from '../../src/ports/exchangePort.ts';

const NO_POSITIONS: ReadonlyMap<string, number> = new Map();
const NOTHING_PARKED: ReadonlyMap<string, ReadonlyMap<string, number>> = new Map();
const PARTITIONS = { partition: 0, accountPartitions: 1, marketPartitions: 1, onPoison: () => undefined };

/** One partition of a stage: its children by key, and what they wrote since the last step. */
class Partition<State, Input> {
  readonly behaviour: Behaviour<State, Input>;
  readonly children = new Map<ChildKey, State>();
  #states: State[] = [];
  #works: Input[] = [];
  #out: ChangeLogEntry[] = [];
  #forwarded: [ChildKey, Input][] = [];
  readonly #context: RunContext;
  readonly #log: OutputLog | undefined;

  constructor(behaviour: Behaviour<State, Input>, log: OutputLog | undefined, clock: { readonly nowUs: number }) {
    this.behaviour = behaviour;
    this.#log = log;
    const out = (): ChangeLogEntry[] => this.#out;
    this.#context = {
      get nowUs() {
        return clock.nowUs;
      },
      get out() {
        return out();
      },
      afterPersisted: (asker, answer) => asker.answered(answer),
      forward: (key, input) => void this.#forwarded.push([key, input as Input]),
    };
  }

  assign(key: ChildKey, input: Input): void {
    let state = this.children.get(key);
    if (state === undefined) {
      state = this.behaviour.create(key);
      if (state === undefined) throw new Error(`no child ${key}`);
      this.children.set(key, state);
    }
    this.#states.push(state);
    this.#works.push(input);
  }

  /** What was assigned, announced before as rounds of a partition do. */
  #run(): void {
    const behaviour = this.behaviour;
    const states = this.#states;
    const works = this.#works;
    const ahead = behaviour.lookAhead ?? works.length;
    for (let from = 0; from < works.length; from += ahead) {
      const to = Math.min(from + ahead, works.length);
      if (to - from > 1) {
        for (let i = from; i < to; i++) behaviour.announce?.(states[i]!, works[i]!);
        for (let i = from; i < to; i++) if (i === from || states[i] !== states[i - 1]) behaviour.fetch?.(states[i]!);
      }
      for (let i = from; i < to; i++) behaviour.run(states[i]!, works[i]!, this.#context);
    }
    this.#states = [];
    this.#works = [];
  }

  /** The step that is complete: in the log, if there is one. */
  step(): readonly ChangeLogEntry[] {
    this.#run();
    // Fees of many trades for the venue's account: one input, as the partition merges them.
    const merged = new Map<ChildKey, Input>();
    for (const [key, input] of this.#forwarded) {
      const before = merged.get(key);
      merged.set(key, before === undefined || this.behaviour.merge === undefined ? input : this.behaviour.merge(before, input));
    }
    this.#forwarded = [];
    for (const [key, input] of merged) this.assign(key, input);
    this.#run();
    const entries = this.#out;
    this.#out = [];
    const subject = this.behaviour.subject(entries, undefined);
    // A failed append fails the next one, and flush().
    if (entries.length > 0) this.#log?.append(subject, entries, NO_POSITIONS, NOTHING_PARKED).catch(() => undefined);
    return entries;
  }

  get log(): OutputLog | undefined {
    return this.#log;
  }
}

export class Stages {
  readonly settlement: Partition<Account, AccountInput>;
  readonly match: Partition<Market, MarketInput>;
  nowUs = 1_700_000_000_000_000;
  /** Entries written, over both logs. */
  entries = 0;
  refused = 0;
  readonly #answer = (answer: AccountAnswer): void => {
    if ('ok' in answer && !answer.ok) this.refused += 1;
  };

  private constructor(registry: Registry, bus: Bus | undefined) {
    const log = (stream: string): OutputLog | undefined => (bus === undefined ? undefined : new OutputLog(bus, stream, 'bench', 1, 0, 0));
    this.settlement = new Partition(
      new AccountBehaviour({ ...PARTITIONS, registry, limits: NO_ACCOUNT_LIMITS }),
      log(streams.accounts(0)),
      this,
    );
    this.match = new Partition(new MarketBehaviour({ ...PARTITIONS, registry }), log(streams.markets(0)), this);
  }

  /** Without a bus nothing is encoded or written. */
  static async open(registry: Registry, bus?: Bus): Promise<Stages> {
    await bus?.ensureStream(streams.accounts(0), ['spot.order.acquiring.0.>', 'spot.balance.settlement.0.>']);
    await bus?.ensureStream(streams.markets(0), ['spot.trade.match.0.>', 'spot.order.match.0.>']);
    return new Stages(registry, bus);
  }

  /** Commands that go into one step: accounts, then markets, then settlement. */
  carryOut(commands: readonly AccountCommand[]): void {
    this.nowUs += 1;
    for (const command of commands) {
      this.settlement.assign(command.accountId, { kind: 'command', command, asker: { answered: this.#answer } });
    }
    const requested = this.settlement.step();
    this.match.behaviour.route(streams.accounts(0), requested, (key, input) => this.match.assign(key, input));
    const traded = this.match.step();
    this.settlement.behaviour.route(streams.markets(0), traded, (key, input) => this.settlement.assign(key, input));
    this.entries += requested.length + traded.length + this.settlement.step().length;
  }

  /** Resolves when everything written is in the log. */
  async flush(): Promise<void> {
    await this.settlement.log?.whenIdle();
    await this.match.log?.whenIdle();
  }
}
