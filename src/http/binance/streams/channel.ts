// Everybody who listens to one stream, in the four shapes they can ask for. An event is rendered, encoded and framed once
// per shape in use; what one turn of the event loop produced goes out as one buffer. Knows nothing of markets or sockets.
import { type Frame, textFrame } from '../../ws/outbox.ts';
import { type TimePrinter, type TimeUnit, timePrinter } from '../timeUnit.ts';

/** Takes whole frames, never blocks, never throws; false = it takes no more (its owner unsubscribes it in its own time). */
export interface FrameSink {
  send(frames: Frame): boolean;
}

export interface Shape {
  /** True: {"stream":name,"data":payload}; false: the payload alone. */
  readonly combined: boolean;
  readonly timeUnit: TimeUnit;
}

/** Renders the texts of an event (or several, in order) with the times a subscriber reads. */
export type Render = (time: TimePrinter) => string;

class ShapeGroup {
  readonly shape: Shape;
  readonly sinks = new Set<FrameSink>();
  readonly pending: Frame[] = [];

  constructor(shape: Shape) {
    this.shape = shape;
  }
}

export class Channel {
  readonly name: string;
  readonly #prefix: string;
  /** Told once when the first frame waits; its owner calls flush() later in the same turn. */
  readonly #onPending: (channel: Channel) => void;
  readonly #groups: readonly ShapeGroup[] = [
    new ShapeGroup({ combined: false, timeUnit: 'MILLISECOND' }),
    new ShapeGroup({ combined: true, timeUnit: 'MILLISECOND' }),
    new ShapeGroup({ combined: false, timeUnit: 'MICROSECOND' }),
    new ShapeGroup({ combined: true, timeUnit: 'MICROSECOND' }),
  ];
  #hasPending = false;

  constructor(name: string, onPending: (channel: Channel) => void) {
    this.name = name;
    this.#prefix = `{"stream":${JSON.stringify(name)},"data":`;
    this.#onPending = onPending;
  }

  get isEmpty(): boolean {
    return this.#groups.every((group) => group.sinks.size === 0);
  }

  add(sink: FrameSink, shape: Shape): void {
    this.flush();
    this.#group(shape).sinks.add(sink);
  }

  remove(sink: FrameSink, shape: Shape): void {
    this.flush();
    this.#group(shape).sinks.delete(sink);
  }

  publish(render: Render): void {
    this.#publish(0, render);
    this.#publish(2, render);
    if (!this.#hasPending && this.#groups.some((group) => group.pending.length > 0)) {
      this.#hasPending = true;
      this.#onPending(this);
    }
  }

  /** Raw and combined subscribers of one time unit share the rendered payload. */
  #publish(first: 0 | 2, render: Render): void {
    const raw = this.#groups[first] as ShapeGroup;
    const combined = this.#groups[first + 1] as ShapeGroup;
    if (raw.sinks.size === 0 && combined.sinks.size === 0) return;
    const payload = render(timePrinter(raw.shape.timeUnit));
    if (raw.sinks.size > 0) raw.pending.push(textFrame(payload));
    if (combined.sinks.size > 0) combined.pending.push(textFrame(`${this.#prefix}${payload}}`));
  }

  flush(): void {
    if (!this.#hasPending) return;
    this.#hasPending = false;
    for (const group of this.#groups) {
      if (group.pending.length === 0) continue;
      const frames = group.pending.length === 1 ? (group.pending[0] as Frame) : Buffer.concat(group.pending);
      group.pending.length = 0;
      for (const sink of group.sinks) sink.send(frames);
    }
  }

  #group(shape: Shape): ShapeGroup {
    const at = (shape.timeUnit === 'MICROSECOND' ? 2 : 0) + (shape.combined ? 1 : 0);
    return this.#groups[at] as ShapeGroup;
  }
}
