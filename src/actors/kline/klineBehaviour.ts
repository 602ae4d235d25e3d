// KLine: the candlesticks of the symbols of one partition. In: the trades of markets-<s>. Out: klines-<s>.
import { MIXED, streams, subjects } from '../../bus/subjects.ts';
import { type Capture, captureAtOnce } from '../../domain/capture.ts';
import { ChangeKind, type ChangeLogEntry, EntityType } from '../../domain/changeLogEntry.ts';
import { KLineBuilder, type KLineSnapshot } from '../../domain/kline/klineBuilder.ts';
import type { SpotTrade } from '../../domain/spotTrade.ts';
import type { Behaviour, ChildKey, RunContext } from '../behaviour.ts';

export type KLineInput = { readonly kind: 'trades'; readonly trades: readonly SpotTrade[] } | { readonly kind: 'tick' };

export interface KLineBehaviourOptions {
  readonly partition: number;
  readonly onPoison: (symbol: string, reason: string) => void;
}

export class KLineBehaviour implements Behaviour<KLineBuilder, KLineInput> {
  readonly stage = 'kline';
  /** Far below what the eye sees on a chart; a quarter of all messages at thousands of trades a second. */
  readonly restMs = 10;
  readonly partition: number;
  readonly output: string;
  readonly inputs: readonly { readonly stream: string; readonly filters: readonly string[] }[];
  readonly #options: KLineBehaviourOptions;

  constructor(options: KLineBehaviourOptions) {
    this.#options = options;
    this.partition = options.partition;
    this.output = streams.klines(options.partition);
    this.inputs = [{ stream: streams.markets(options.partition), filters: [`spot.trade.match.${options.partition}.>`] }];
  }

  fresh(): KLineBehaviour {
    return new KLineBehaviour(this.#options);
  }

  label(key: ChildKey): string {
    return `${key}.klines`;
  }

  create(key: ChildKey): KLineBuilder {
    return new KLineBuilder(key as string);
  }

  route(_stream: string, entries: readonly ChangeLogEntry[], assign: (key: ChildKey, input: KLineInput) => void): void {
    const bySymbol = new Map<string, SpotTrade[]>();
    for (const entry of entries) {
      if (entry.entityType !== EntityType.SpotTrade || entry.changeType.kind !== ChangeKind.Created) continue;
      const trade = entry.changeType.fields;
      const trades = bySymbol.get(trade.symbol);
      if (trades === undefined) bySymbol.set(trade.symbol, [trade]);
      else trades.push(trade);
    }
    for (const [symbol, trades] of bySymbol) assign(symbol, { kind: 'trades', trades });
  }

  run(builder: KLineBuilder, input: KLineInput, context: RunContext): void {
    if (input.kind === 'trades') builder.trades(input.trades, context.nowUs, context.out);
    else builder.tick(context.nowUs, context.out);
  }

  isCommand(): boolean {
    return false;
  }

  refuse(): boolean {
    return true;
  }

  observe(): void {}

  keyOf(entry: ChangeLogEntry): ChildKey | undefined {
    if (entry.entityType !== EntityType.KLine) return undefined;
    const id = entry.entityId as string;
    return id.slice(0, id.indexOf('-'));
  }

  apply(builder: KLineBuilder, entry: ChangeLogEntry): void {
    builder.apply(entry);
  }

  capture(builder: KLineBuilder): Capture {
    return captureAtOnce(builder.snapshot(), builder.hash());
  }

  restore(key: ChildKey, snapshot: unknown): KLineBuilder {
    return KLineBuilder.restore(key as string, snapshot as KLineSnapshot);
  }

  restoreMore(): void {
    throw new Error('it is captured in one part');
  }

  index(): void {}

  hash(builder: KLineBuilder): string {
    return builder.hash();
  }

  subject(_entries: readonly ChangeLogEntry[], writer: ChildKey | undefined): string {
    return subjects.kline(this.partition, (writer as string | undefined) ?? MIXED);
  }

  onPoison(key: ChildKey, reason: string): void {
    this.#options.onPoison(key as string, reason);
  }

  poisonOf(): undefined {
    return undefined;
  }

  beforeRetry(): void {}
}
