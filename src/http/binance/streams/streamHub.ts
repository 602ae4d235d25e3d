// Every market stream somebody listens to: one channel and one source per stream, one clock for all of them.
//
//   MarketData.listen(symbol) --batch--> sources --publish--> channels --one buffer per turn--> outboxes
//   ticker (100 ms) ----------nowUs----> sources
//
// In: subscriptions of connections. Out: frames, encoded once for all who get them. Knows no sockets and no protocol.
import type { ExchangePort } from '../../../ports/exchangePort.ts';
import type { StartTicker } from '../../ws/ticker.ts';
import { Channel, type FrameSink, type Shape } from './channel.ts';
import { sourceOfMarket, sourceOfSymbol } from './sourceOf.ts';
import { parseStreamName, type StreamSpec } from './streamName.ts';
import { type StreamSource, TICK_MS } from './streamSource.ts';

export interface StreamHubOptions {
  readonly exchange: Pick<ExchangePort, 'markets' | 'registry' | 'history' | 'clock'>;
  readonly startTicker: StartTicker;
  /** Longest time events may be held back to leave together; 0 = they leave with the turn they happened in. */
  readonly coalesceMsMax: number;
}

interface OpenStream {
  readonly spec: StreamSpec;
  readonly channel: Channel;
  /** Undefined while the symbol is not listed: it may be one day. */
  source: StreamSource | undefined;
  /** Shifts slow streams against each other by symbol, so that a second's work is not one tick's. */
  readonly phase: number;
}

/** The open streams of one symbol, told of its batches. */
interface SymbolStreams {
  readonly open: Set<OpenStream>;
  readonly stopListening: () => void;
}

/** How often a symbol nobody knew when it was subscribed to is looked for. */
const RETRY_TICKS = 1000 / TICK_MS;

export class StreamHub {
  readonly #exchange: StreamHubOptions['exchange'];
  readonly #streams = new Map<string, OpenStream>();
  readonly #symbols = new Map<string, SymbolStreams>();
  readonly #unresolved = new Set<OpenStream>();
  /** Streams by pace, in ticks. */
  readonly #paced = new Map<number, Set<OpenStream>>();
  readonly #startTicker: StartTicker;
  #stopTicker: (() => void) | undefined;
  #tick = 0;
  #pending: Channel[] = [];
  readonly #coalesceMsMax: number;
  /** What the last flush cost, socket writes included, and when it was over. */
  #flushCostMs = 0;
  #flushedAtMs = 0;
  #isFlushing = false;

  constructor(options: StreamHubOptions) {
    this.#exchange = options.exchange;
    this.#startTicker = options.startTicker;
    this.#coalesceMsMax = options.coalesceMsMax;
  }

  /** Streams with at least one subscriber. */
  get streamCount(): number {
    return this.#streams.size;
  }

  /** Names that mean nothing are accepted and stay silent, as on Binance. */
  subscribe(name: string, sink: FrameSink, shape: Shape): void {
    const spec = parseStreamName(name);
    if (spec === undefined) return;
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      stream = this.#open(name, spec);
      this.#streams.set(name, stream);
    }
    stream.channel.add(sink, shape);
    this.#stopTicker ??= this.#startTicker(TICK_MS, () => this.#onTick());
  }

  unsubscribe(name: string, sink: FrameSink, shape: Shape): void {
    const stream = this.#streams.get(name);
    if (stream === undefined) return;
    stream.channel.remove(sink, shape);
    if (!stream.channel.isEmpty) return;
    this.#streams.delete(name);
    this.#close(stream);
    if (this.#streams.size > 0) return;
    this.#stopTicker?.();
    this.#stopTicker = undefined;
  }

  close(): void {
    this.#stopTicker?.();
    this.#stopTicker = undefined;
    for (const symbol of this.#symbols.values()) symbol.stopListening();
    this.#symbols.clear();
    this.#streams.clear();
    this.#paced.clear();
    this.#unresolved.clear();
  }

  #open(name: string, spec: StreamSpec): OpenStream {
    const channel = new Channel(name, (pending) => this.#flushLater(pending));
    const stream: OpenStream = { spec, channel, source: undefined, phase: phaseOf(spec) };
    this.#resolve(stream);
    if ('symbol' in spec) this.#streamsOf(spec.symbol).open.add(stream);
    return stream;
  }

  #close(stream: OpenStream): void {
    this.#unresolved.delete(stream);
    if (stream.source !== undefined) this.#paced.get(stream.source.everyTicks)?.delete(stream);
    if (!('symbol' in stream.spec)) return;
    const { symbol } = stream.spec;
    const streams = this.#symbols.get(symbol);
    streams?.open.delete(stream);
    if (streams === undefined || streams.open.size > 0) return;
    streams.stopListening();
    this.#symbols.delete(symbol);
  }

  #streamsOf(symbol: string): SymbolStreams {
    let streams = this.#symbols.get(symbol);
    if (streams === undefined) {
      const open = new Set<OpenStream>();
      const stopListening = this.#exchange.markets.listen(symbol, (batch) => {
        for (const stream of open) stream.source?.onBatch?.(batch);
      });
      streams = { open, stopListening };
      this.#symbols.set(symbol, streams);
    }
    return streams;
  }

  #resolve(stream: OpenStream): void {
    stream.source = this.#sourceOf(stream);
    if (stream.source === undefined) {
      this.#unresolved.add(stream);
      return;
    }
    this.#unresolved.delete(stream);
    const { everyTicks } = stream.source;
    if (everyTicks === 0) return;
    const paced = this.#paced.get(everyTicks);
    if (paced === undefined) this.#paced.set(everyTicks, new Set([stream]));
    else paced.add(stream);
  }

  #sourceOf({ spec, channel }: OpenStream): StreamSource | undefined {
    const { registry, markets, clock } = this.#exchange;
    if (!('symbol' in spec)) return sourceOfMarket(spec, { registry, markets, channel });
    const instrument = registry.instrument(spec.symbol);
    const view = markets.view(spec.symbol);
    if (instrument === undefined || view === undefined) return undefined;
    return sourceOfSymbol(spec, {
      instrument,
      view,
      channel,
      nowUs: () => clock.nowUs(),
      history: () => this.#exchange.history(),
    });
  }

  #onTick(): void {
    this.#tick++;
    const nowUs = this.#exchange.clock.nowUs();
    if (this.#tick % RETRY_TICKS === 0) for (const stream of this.#unresolved) this.#resolve(stream);
    for (const [everyTicks, streams] of this.#paced) {
      for (const stream of streams) {
        if ((this.#tick + stream.phase) % everyTicks === 0) stream.source?.onTick?.(nowUs);
      }
    }
  }

  /**
   * What happens in one turn of the event loop leaves in one buffer per stream and shape. Where a flush is dear (many
   * subscribers: a write each), the next one waits as long as the last one took, so that writing never takes more than
   * half of the time, and the busier the venue, the more events share a write.
   */
  #flushLater(channel: Channel): void {
    if (this.#pending.push(channel) === 1 && !this.#isFlushing) this.#schedule();
  }

  #schedule(): void {
    const restMs = Math.min(this.#flushCostMs, this.#coalesceMsMax) - (performance.now() - this.#flushedAtMs);
    if (restMs >= 1) setTimeout(() => this.#flush(), restMs);
    else setImmediate(() => this.#flush());
  }

  #flush(): void {
    const pending = this.#pending;
    this.#pending = [];
    this.#isFlushing = true;
    const startMs = performance.now();
    for (const channel of pending) channel.flush();
    // Comes after the outboxes have written, which they do at the end of this turn.
    setImmediate(() => {
      this.#isFlushing = false;
      this.#flushedAtMs = performance.now();
      this.#flushCostMs = this.#flushedAtMs - startMs;
      if (this.#pending.length > 0) this.#schedule();
    });
  }
}

function phaseOf(spec: StreamSpec): number {
  if (!('symbol' in spec)) return 0;
  let hash = 0;
  for (let i = 0; i < spec.symbol.length; i++) hash = (hash * 31 + spec.symbol.charCodeAt(i)) >>> 0;
  return hash % RETRY_TICKS;
}
