// The registry of a process: the admin log, folded as it is read. Every stage and edge asks it for accounts, keys, symbols.
import type { Bus, BusMessage, Reader } from '../../bus/bus.ts';
import { streams } from '../../bus/subjects.ts';
import type { AccountProfile, ApiKey, FeeRates } from '../../domain/accountProfile.ts';
import type { AdminToken } from '../../domain/adminAccess.ts';
import { ChangeKind, EntityType } from '../../domain/changeLogEntry.ts';
import type { Instrument } from '../../domain/instrument.ts';
import { RegistryState } from '../../domain/registryState.ts';
import type { Registry } from '../../ports/exchangePort.ts';
import { entriesOf } from '../step.ts';
import { ActionPositions } from './actionLog.ts';

export class RegistryReader implements Registry {
  readonly #bus: Bus;
  readonly #state = new RegistryState();
  readonly #onInstrument: ((instrument: Instrument) => void)[] = [];
  /** Where the admin log speaks of which action. */
  readonly actionPositions = new ActionPositions();
  readonly #onMessage: (message: BusMessage) => void;
  #reader: Reader | undefined;
  #position = 0;
  #waiters: { sequence: number; resolve: () => void }[] = [];

  /** `onMessage` hears of every message of the admin log, once it is folded. */
  constructor(bus: Bus, onMessage: (message: BusMessage) => void = () => undefined) {
    this.#bus = bus;
    this.#onMessage = onMessage;
  }

  /** Of the admin log, folded so far. */
  get position(): number {
    return this.#position;
  }

  /** Folds what is there, then goes on in the background; `onFailed` hears of a log that cannot be read. */
  async start(onFailed: (error: Error) => void): Promise<void> {
    const { lastSequence } = await this.#bus.streamInfo(streams.admin);
    this.#reader = this.#bus.read(streams.admin, { fromSequence: 1, name: 'registry' });
    const loop = this.#run(this.#reader);
    loop.catch(onFailed);
    await Promise.race([this.reached(lastSequence), loop]);
  }

  stop(): void {
    this.#reader?.close();
  }

  /** Resolves once the log is folded up to the position. */
  reached(sequence: number): Promise<void> {
    if (this.#position >= sequence) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ sequence, resolve }));
  }

  onInstrument(listener: (instrument: Instrument) => void): void {
    this.#onInstrument.push(listener);
  }

  async #run(reader: Reader): Promise<void> {
    for (;;) {
      const messages = await reader.next();
      if (messages.length === 0) return;
      for (const message of messages) {
        for (const entry of entriesOf(message)) {
          this.#state.apply(entry);
          if (entry.entityType === EntityType.AdminAction && entry.changeType.kind === ChangeKind.Created)
            this.actionPositions.note(entry.entityId as number, message.sequence);
          if (entry.entityType !== EntityType.Symbol) continue;
          const instrument = this.#state.instrument(entry.entityId as string);
          if (instrument !== undefined) for (const listener of this.#onInstrument) listener(instrument);
        }
        this.#position = message.sequence;
        this.#onMessage(message);
      }
      this.#waiters = this.#waiters.filter(({ sequence, resolve }) => {
        if (sequence > this.#position) return true;
        resolve();
        return false;
      });
    }
  }

  get lastActionId(): number {
    return this.#state.lastActionId;
  }
  token(tokenId: string): AdminToken | undefined {
    return this.#state.token(tokenId);
  }
  tokens(): readonly AdminToken[] {
    return this.#state.tokens();
  }
  instrument(symbol: string): Instrument | undefined {
    return this.#state.instrument(symbol);
  }
  instruments(): readonly Instrument[] {
    return this.#state.instruments();
  }
  profile(accountId: number): AccountProfile | undefined {
    return this.#state.profile(accountId);
  }
  get profileCount(): number {
    return this.#state.profileCount;
  }
  profiles(): readonly AccountProfile[] {
    return this.#state.profiles();
  }
  apiKey(apiKey: string): ApiKey | undefined {
    return this.#state.apiKey(apiKey);
  }
  apiKeys(): readonly ApiKey[] {
    return this.#state.apiKeys();
  }
  apiKeysOf(accountId: number): readonly ApiKey[] {
    return this.#state.apiKeysOf(accountId);
  }
  feeRates(accountId: number, symbol: string): FeeRates {
    return this.#state.feeRates(accountId, symbol);
  }
  assetScale(asset: string): number | undefined {
    return this.#state.assetScale(asset);
  }
  assets(): readonly string[] {
    return this.#state.assets();
  }
}
