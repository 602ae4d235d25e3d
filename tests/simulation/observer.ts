// Sees every message the moment it is persisted, in the order of its log, and holds it against the models. It stands
// outside of the simulated world: it knows what no process knows, and is never told anything by one.
import { createHash, type Hash } from 'node:crypto';
import type { Behaviour, ChildKey } from '../../src/actors/behaviour.ts';
import { combineHashes, restoredChildren } from '../../src/actors/recovery.ts';
import { Header, lastEntryOf, parsePositions } from '../../src/actors/step.ts';
import type { BusMessage, Snapshot } from '../../src/bus/bus.ts';
import { streams } from '../../src/bus/subjects.ts';
import { decodeStep, encodeStep } from '../../src/codec/stepCodec.ts';
import { ChangeKind, type ChangeLogEntry, EntityType } from '../../src/domain/changeLogEntry.ts';
import type { Instrument } from '../../src/domain/instrument.ts';
import { orderPartition, symbolPartition } from '../../src/domain/partitions.ts';
import { RegistryState } from '../../src/domain/registryState.ts';
import type { SpotOrder } from '../../src/domain/spotOrder.ts';
import type { SpotOrderList } from '../../src/domain/spotOrderList.ts';
import type { SpotTrade } from '../../src/domain/spotTrade.ts';
import { AccountsModel } from './accountsModel.ts';
import { must } from './invariants.ts';
import { KlinesModel } from './klinesModel.ts';
import { SymbolModel } from './marketsModel.ts';

interface Log {
  readonly messages: { readonly message: BusMessage; readonly entries: readonly ChangeLogEntry[]; readonly digest: string }[];
  readonly trades: (readonly SpotTrade[])[];
  epoch: number;
  writer: string;
  lastEntry: number;
}

export interface ObserverOptions {
  readonly accountPartitions: number;
  readonly marketPartitions: number;
}

export class Observer {
  readonly #options: ObserverOptions;
  readonly #trace: Hash = createHash('sha256');
  readonly logs = new Map<string, Log>();
  readonly registry = new RegistryState();
  readonly accounts: readonly AccountsModel[];
  readonly symbols = new Map<string, SymbolModel>();
  readonly klines: readonly KlinesModel[];
  readonly #symbolOf = new Map<number, string>();
  messages = 0;

  constructor(options: ObserverOptions) {
    this.#options = options;
    const { accountPartitions, marketPartitions } = options;
    this.accounts = Array.from(
      { length: accountPartitions },
      (_, partition) =>
        new AccountsModel({
          partition,
          accountPartitions,
          instrument: (symbol) => this.registry.instrument(symbol),
          trades: (stream, from, to) => this.#tradesOf(stream, from, to),
        }),
    );
    this.klines = Array.from({ length: marketPartitions }, () => new KlinesModel((symbol) => this.symbols.get(symbol)?.trades ?? []));
  }

  /** One more thing that happened: two runs are the same when their traces are. */
  note(what: string): void {
    this.#trace.update(`${what}\n`);
  }

  traceHash(): string {
    return this.#trace.copy().digest('hex');
  }

  entriesHash(): string {
    const hash = createHash('sha256');
    for (const [stream, { messages }] of [...this.logs].sort(([a], [b]) => (a < b ? -1 : 1))) {
      hash.update(stream);
      for (const { entries } of messages) for (const entry of entries) hash.update(encodeStep([entry]));
    }
    return hash.digest('hex');
  }

  visible(message: BusMessage): void {
    const log = this.#log(message.stream);
    const digest = digestOf(message);
    const known = log.messages[message.sequence - 1];
    if (known !== undefined) {
      must(known.digest === digest, 'durability', () => `${message.stream}@${message.sequence} is not what was persisted there before`);
      return;
    }
    const where = `${message.stream}@${message.sequence}`;
    must(message.sequence === log.messages.length + 1, 'durability', () => `${where} follows ${log.messages.length}`);
    const entries = decodeStep(message.payload);
    this.note(`${where} ${digest}`);
    this.messages++;
    log.messages.push({ message, entries, digest });
    const trades: SpotTrade[] = [];
    for (const { entityType, changeType } of entries)
      if (entityType === EntityType.SpotTrade && changeType.kind === ChangeKind.Created) trades.push(changeType.fields as SpotTrade);
    log.trades.push(trades);
    this.#writer(where, log, message);
    this.#sequences(where, log, entries, message);
    this.#fold(where, message, entries);
  }

  last(stream: string): number {
    return this.logs.get(stream)?.messages.length ?? 0;
  }

  accountsOf(accountId: number): AccountsModel {
    return this.accounts[accountId % this.#options.accountPartitions] as AccountsModel;
  }

  market(symbol: string): SymbolModel | undefined {
    return this.symbols.get(symbol);
  }

  /** The server has read its logs again after a restart: nothing that was readable may be missing. */
  reopened(stream: string, lastSequence: number): void {
    must(
      lastSequence >= this.last(stream),
      'durability',
      () => `${stream} ends at ${lastSequence} after the restart, ${this.last(stream)} was persisted`,
    );
  }

  /** A snapshot stands for the log up to its sequence: folding that gives the same state. */
  snapshot<S, I>(snapshot: Snapshot, behaviour: Behaviour<S, I>): void {
    const sequence = Number(snapshot.meta.sequence);
    must(
      sequence <= this.last(behaviour.output),
      'replay',
      () => `${behaviour.output}: a snapshot of ${sequence} when the log ends at ${this.last(behaviour.output)}`,
    );
    const folded = this.hashOf(behaviour, sequence);
    must(
      folded === snapshot.meta.hash && folded === combineHashes(hashesOf(behaviour, restoredChildren(behaviour.fresh(), snapshot))),
      'replay',
      () =>
        `${behaviour.output}@${sequence}: the living state is ${snapshot.meta.hash}, folded from the log it is ${folded}${differences(snapshot, behaviour, this.fold(behaviour.fresh(), sequence))}`,
    );
  }

  /** Hash of the state that the log gives, from its first message on. */
  hashOf<S, I>(behaviour: Behaviour<S, I>, through: number): string {
    return combineHashes([...this.fold(behaviour, through)].map(([key, state]) => [behaviour.label(key), behaviour.hash(state)] as const));
  }

  fold<S, I>(behaviour: Behaviour<S, I>, through: number): Map<ChildKey, S> {
    const children = new Map<ChildKey, S>();
    for (const { entries } of this.#log(behaviour.output).messages.slice(0, through)) {
      for (const entry of entries) {
        const key = behaviour.keyOf(entry);
        if (key === undefined) continue;
        behaviour.observe(key, entry);
        let state = children.get(key);
        if (state === undefined) {
          state = behaviour.create(key);
          must(state !== undefined, 'replay', () => `${behaviour.output}: there can be no ${behaviour.label(key)}`);
          children.set(key, state as S);
        }
        behaviour.apply(state as S, entry);
      }
    }
    return children;
  }

  #log(stream: string): Log {
    const known = this.logs.get(stream);
    if (known !== undefined) return known;
    const made: Log = { messages: [], trades: [], epoch: 0, writer: '', lastEntry: 0 };
    this.logs.set(stream, made);
    return made;
  }

  #writer(where: string, log: Log, { headers }: BusMessage): void {
    const epoch = Number(headers[Header.epoch]);
    const writer = headers[Header.writer] ?? '';
    must(epoch >= log.epoch, 'writer', () => `${where}: epoch ${epoch} of ${writer} writes behind epoch ${log.epoch} of ${log.writer}`);
    must(
      epoch > log.epoch || writer === log.writer,
      'writer',
      () => `${where}: ${writer} writes in epoch ${epoch}, which is ${log.writer}'s`,
    );
    log.epoch = epoch;
    log.writer = writer;
  }

  #sequences(where: string, log: Log, entries: readonly ChangeLogEntry[], message: BusMessage): void {
    for (const { sequence } of entries) {
      must(sequence === log.lastEntry + 1, 'durability', () => `${where}: entry ${sequence} follows ${log.lastEntry}`);
      log.lastEntry = sequence;
    }
    const last = lastEntryOf(message.headers);
    must(last === log.lastEntry, 'durability', () => `${where}: its header says entry ${last}, the last one is ${log.lastEntry}`);
  }

  #fold(where: string, message: BusMessage, entries: readonly ChangeLogEntry[]): void {
    const { stream } = message;
    if (stream === streams.admin) {
      for (const entry of entries) this.registry.apply(entry);
      return;
    }
    const [topic, number] = stream.split('-');
    const partition = Number(number);
    if (topic === 'accounts') {
      this.accounts[partition]?.message(message.sequence, parsePositions(message.headers[Header.positions]), entries);
    } else if (topic === 'klines') this.klines[partition]?.message(where, entries);
    else this.#market(where, partition, entries);
  }

  #market(where: string, partition: number, entries: readonly ChangeLogEntry[]): void {
    const bySymbol = new Map<string, ChangeLogEntry[]>();
    for (const entry of entries) {
      const symbol = this.#symbolOfEntry(entry);
      if (symbol === undefined) continue;
      must(symbolPartition(symbol, this.#options.marketPartitions) === partition, 'writer', () => `${where} holds entries of ${symbol}`);
      const share = bySymbol.get(symbol);
      if (share === undefined) bySymbol.set(symbol, [entry]);
      else share.push(entry);
    }
    for (const [symbol, share] of bySymbol) this.#symbol(symbol).message(where, share);
  }

  #symbolOfEntry(entry: ChangeLogEntry): string | undefined {
    if (entry.changeType.kind === ChangeKind.Created) {
      const { symbol } = entry.changeType.fields as SpotOrder | SpotOrderList | SpotTrade;
      if (entry.entityType !== EntityType.SpotTrade) this.#symbolOf.set(entry.entityId as number, symbol);
      return symbol;
    }
    return this.#symbolOf.get(entry.entityId as number) ?? this.#order(entry.entityId as number)?.symbol;
  }

  #symbol(symbol: string): SymbolModel {
    const known = this.symbols.get(symbol);
    if (known !== undefined) return known;
    const made = new SymbolModel(this.registry.instrument(symbol) as Instrument, {
      order: (orderId) => this.#created(orderId),
      request: (commandId, orderId, kind) => this.#accountsOfOrder(orderId).requests.get(`${commandId}:${orderId}:${kind}`),
    });
    this.symbols.set(symbol, made);
    return made;
  }

  #accountsOfOrder(orderId: number): AccountsModel {
    return this.accounts[orderPartition(orderId, this.#options.accountPartitions)] as AccountsModel;
  }

  #order(orderId: number): Readonly<SpotOrder> | undefined {
    return this.#accountsOfOrder(orderId).orders.get(orderId);
  }

  #created(orderId: number): Readonly<SpotOrder> | undefined {
    return this.#accountsOfOrder(orderId).created.get(orderId);
  }

  *#tradesOf(stream: string, from: number, to: number): Iterable<SpotTrade> {
    const log = this.#log(stream);
    must(to <= log.messages.length, 'durability', () => `${stream}@${to} was consumed before it was persisted`);
    for (let sequence = from; sequence <= to; sequence++) yield* log.trades[sequence - 1] ?? [];
  }
}

function* hashesOf<S, I>(behaviour: Behaviour<S, I>, children: Iterable<readonly [ChildKey, S]>): Generator<[string, string]> {
  for (const [key, state] of children) yield [behaviour.label(key), behaviour.hash(state)];
}

/** Which children of the snapshot differ from the folded ones, and in what. */
function differences<S, I>(snapshot: Snapshot, behaviour: Behaviour<S, I>, folded: ReadonlyMap<ChildKey, S>): string {
  const lines: string[] = [];
  const keys = new Set(folded.keys());
  for (const [key, restored] of restoredChildren(behaviour.fresh(), snapshot)) {
    keys.delete(key);
    const state = folded.get(key);
    if (state === undefined) lines.push(`${behaviour.label(key)} lives and is not in the log`);
    else if (behaviour.hash(restored) !== behaviour.hash(state))
      lines.push(`${behaviour.label(key)}: ${difference(partsOf(behaviour, restored), partsOf(behaviour, state), '')}`);
  }
  for (const key of keys) lines.push(`${behaviour.label(key)} does not live`);
  return lines.map((line) => `\n${line}`).join('');
}

/** Which children differ, and in what. */
export function differ<S, I>(behaviour: Behaviour<S, I>, live: ReadonlyMap<ChildKey, S>, other: ReadonlyMap<ChildKey, S>): string {
  const lines: string[] = [];
  for (const key of new Set([...live.keys(), ...other.keys()])) {
    const [a, b] = [live.get(key), other.get(key)];
    if (a === undefined || b === undefined) lines.push(`${behaviour.label(key)} is in one of them only`);
    else if (behaviour.hash(a) !== behaviour.hash(b))
      lines.push(`${behaviour.label(key)}: ${difference(partsOf(behaviour, a), partsOf(behaviour, b), '')}`);
  }
  return lines.map((line) => `\n${line}`).join('');
}

/** All of a child, as plain data. */
function partsOf<S, I>(behaviour: Behaviour<S, I>, state: S): unknown[] {
  const capture = behaviour.capture(state);
  const parts: unknown[] = [];
  for (let part = capture.next(Number.POSITIVE_INFINITY); part !== undefined; part = capture.next(Number.POSITIVE_INFINITY))
    parts.push(part.data);
  return parts;
}

/** Where two plain values part, and how. */
function difference(lives: unknown, folded: unknown, path: string): string {
  if (typeof lives === 'object' && typeof folded === 'object' && lives !== null && folded !== null) {
    for (const name of new Set([...Object.keys(lives), ...Object.keys(folded)])) {
      const found = difference((lives as Record<string, unknown>)[name], (folded as Record<string, unknown>)[name], `${path}.${name}`);
      if (found !== '') return found;
    }
    return '';
  }
  return lives === folded ? '' : `${path} is ${String(lives)} here, ${String(folded)} there`;
}

function digestOf({ subject, headers, payload }: BusMessage): string {
  return createHash('sha256').update(subject).update(JSON.stringify(headers)).update(payload).digest('base64');
}
