// The writing end of a partition: gives entries their sequence, encodes a step once, and appends pipelined against the
// expected last sequence. It alone knows what is written, in flight and persisted.
import type { Bus, BusMessage } from '../bus/bus.ts';
import { encodeStep } from '../codec/stepCodec.ts';
import type { ChangeLogEntry } from '../domain/changeLogEntry.ts';
import { countByType, formatParked, formatPositions, Header, type Positions } from './step.ts';

/** How far the process has read the admin log. */
export interface RegistryPosition {
  readonly position: number;
  reached(sequence: number): Promise<void>;
}

/** Undefined when this process knows every symbol and account the message may speak of; else resolves when it does. */
export function knownBy(registry: RegistryPosition | undefined, message: BusMessage): Promise<void> | undefined {
  if (registry === undefined) return undefined;
  const needed = Number(message.headers[Header.registry] ?? 0);
  return needed <= registry.position ? undefined : registry.reached(needed);
}

export class OutputLog {
  readonly stream: string;
  readonly #bus: Bus;
  readonly #writer: string;
  readonly #epoch: number;
  /** Last sequences handed out, in-flight appends included. */
  #sequence: number;
  #entrySequence: number;
  readonly #registry: RegistryPosition | undefined;
  #inFlight = 0;
  /** Of the first append that failed. */
  #failure: Error | undefined;
  #idle: (() => void)[] = [];

  constructor(
    bus: Bus,
    stream: string,
    writer: string,
    epoch: number,
    sequence: number,
    entrySequence: number,
    registry?: RegistryPosition,
  ) {
    this.#bus = bus;
    this.#registry = registry;
    this.stream = stream;
    this.#writer = writer;
    this.#epoch = epoch;
    this.#sequence = sequence;
    this.#entrySequence = entrySequence;
  }

  get sequence(): number {
    return this.#sequence;
  }

  get entrySequence(): number {
    return this.#entrySequence;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Appends one step. Resolves when it is persisted; rejects as Bus.append does, and everything behind it too. */
  append(
    subject: string,
    entries: readonly ChangeLogEntry[],
    positions: Positions,
    parked: ReadonlyMap<string, Positions>,
  ): Promise<number> {
    for (const entry of entries) entry.sequence = ++this.#entrySequence;
    const headers: Record<string, string> = {
      [Header.writer]: this.#writer,
      [Header.epoch]: String(this.#epoch),
      [Header.entries]: countByType(entries),
      [Header.positions]: formatPositions(positions),
      [Header.lastEntry]: String(this.#entrySequence),
    };
    if (this.#registry !== undefined) headers[Header.registry] = String(this.#registry.position);
    if (parked.size > 0) headers[Header.parked] = formatParked(parked);
    const expectedLastSequence = this.#sequence++;
    this.#inFlight++;
    const appended = this.#bus.append({
      stream: this.stream,
      subject,
      headers,
      payload: encodeStep(entries),
      expectedLastSequence,
      decoded: entries,
    });
    const settled = (): void => {
      if (--this.#inFlight === 0) for (const resume of this.#idle.splice(0)) resume();
    };
    appended.then(settled, (error: unknown) => {
      this.#failure ??= error as Error;
      settled();
    });
    return appended;
  }

  /** Resolves when everything handed out is in the log; rejects when some of it never came there, or may not have. */
  async whenPersisted(): Promise<void> {
    await this.whenIdle();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Resolves when nothing is in flight, whatever came of it. */
  whenIdle(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }
}
