// One turn of a partition: the work handed to its children, in the order of arrival, and what they wrote, in that order too.
// A child that fails leaves no trace: what it wrote, forwarded and wanted to answer in this turn is dropped.
import type { ChangeLogEntry } from '../domain/changeLogEntry.ts';
import type { EngineReason } from '../domain/rejectReason.ts';
import type { Asker, Behaviour, ChildKey, RunContext } from './behaviour.ts';

// Parallel arrays instead of objects: a turn under load holds a thousand pieces of work and their answers.
export class Batch<Input> implements RunContext {
  readonly nowUs: number;
  out: ChangeLogEntry[] = [];
  /** Whose work is running. */
  #owner: ChildKey | undefined;
  /** Who wrote out[..end], piece by piece. */
  #owners: (ChildKey | undefined)[] = [];
  #ends: number[] = [];
  #askers: Asker<never>[] = [];
  #answers: unknown[] = [];
  #askerOwners: (ChildKey | undefined)[] = [];
  #forwardedKeys: ChildKey[] = [];
  #forwardedInputs: Input[] = [];
  #forwardedBy: (ChildKey | undefined)[] = [];
  #failed: Set<ChildKey> | undefined;
  /** Where the round began: what failed before stays failed, what was done before stays done. */
  #roundEnds = 0;
  #roundAskers = 0;

  constructor(nowUs: number) {
    this.nowUs = nowUs;
  }

  /** What the children at work do from here on is one round: a child that fails loses its part of this round. */
  beginRound(): void {
    this.#roundEnds = this.#ends.length;
    this.#roundAskers = this.#askers.length;
  }

  /** What follows is the child's doing. */
  begin(owner: ChildKey): void {
    this.#owner = owner;
  }

  /** The piece of work is done. */
  end(): void {
    const { out } = this;
    if (out.length > (this.#ends[this.#ends.length - 1] ?? 0)) {
      this.#owners.push(this.#owner);
      this.#ends.push(out.length);
    }
    this.#owner = undefined;
  }

  afterPersisted<T>(asker: Asker<T>, answer: T): void {
    this.#askers.push(asker);
    this.#answers.push(answer);
    this.#askerOwners.push(this.#owner);
  }

  forward(key: ChildKey, input: unknown): void {
    this.#forwardedKeys.push(key);
    this.#forwardedInputs.push(input as Input);
    this.#forwardedBy.push(this.#owner);
  }

  /** The input is not carried out; what says so is the child's doing. False = it must not be passed over. */
  refuse<State>(behaviour: Behaviour<State, Input>, key: ChildKey, input: Input, reason: EngineReason): boolean {
    this.begin(key);
    const refused = behaviour.refuse(key, input, reason, this);
    this.end();
    return refused;
  }

  /** The child has crashed: nothing of it is to remain. */
  fail(owner: ChildKey): void {
    this.end();
    this.#failed ??= new Set();
    this.#failed.add(owner);
  }

  hasFailed(owner: ChildKey): boolean {
    return this.#failed?.has(owner) ?? false;
  }

  /** Ends a round: drops what the failed did in it. */
  endRound(): void {
    const failed = this.#failed;
    if (failed === undefined) return;
    this.#failed = undefined;
    const stays = (owner: ChildKey | undefined): boolean => owner === undefined || !failed.has(owner);
    const { out } = this;
    const owners = this.#owners;
    const ends = this.#ends;
    const round = this.#roundEnds;
    this.#owners = owners.slice(0, round);
    this.#ends = ends.slice(0, round);
    this.out = out.slice(0, ends[round - 1] ?? 0);
    for (let i = round; i < ends.length; i++) {
      if (!stays(owners[i])) continue;
      for (let at = ends[i - 1] ?? 0; at < (ends[i] as number); at++) this.out.push(out[at] as ChangeLogEntry);
      this.#owners.push(owners[i]);
      this.#ends.push(this.out.length);
    }
    const askerOwners = this.#askerOwners;
    const keepsAnswer = (_: unknown, i: number): boolean => i < this.#roundAskers || stays(askerOwners[i]);
    this.#askers = this.#askers.filter(keepsAnswer);
    this.#answers = this.#answers.filter(keepsAnswer);
    this.#askerOwners = askerOwners.filter(keepsAnswer);
    const by = this.#forwardedBy;
    this.#forwardedKeys = this.#forwardedKeys.filter((_, i) => stays(by[i]));
    this.#forwardedInputs = this.#forwardedInputs.filter((_, i) => stays(by[i]));
    this.#forwardedBy = by.filter(stays);
  }

  /** The child that wrote all of it; undefined when several did. */
  get writer(): ChildKey | undefined {
    const [first] = this.#owners;
    for (const owner of this.#owners) if (owner !== first) return undefined;
    return first;
  }

  /** Takes what children forwarded, one input per child where the behaviour can merge them. */
  takeForwarded(merge: ((first: Input, second: Input) => Input) | undefined): readonly (readonly [ChildKey, Input])[] {
    const keys = this.#forwardedKeys;
    if (keys.length === 0) return [];
    const inputs = this.#forwardedInputs;
    this.#forwardedKeys = [];
    this.#forwardedInputs = [];
    this.#forwardedBy = [];
    if (merge === undefined) return keys.map((key, i) => [key, inputs[i] as Input] as const);
    const merged = new Map<ChildKey, Input>();
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as ChildKey;
      const input = inputs[i] as Input;
      const known = merged.get(key);
      merged.set(key, known === undefined ? input : merge(known, input));
    }
    return [...merged];
  }

  /** The step is in the log (or there was nothing to log): whoever waited is told. */
  persisted(): void {
    const askers = this.#askers;
    for (let i = 0; i < askers.length; i++) (askers[i] as Asker<unknown>).answered(this.#answers[i]);
  }
}
