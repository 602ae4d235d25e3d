// Where a simulation takes hold of the exchange to plant a bug; the exchange itself has no switch for one.
import type { Bus } from '../../src/bus/bus.ts';
import type { Account } from '../../src/domain/account/account.ts';
import type { Instrument } from '../../src/domain/instrument.ts';
import type { Market } from '../../src/domain/market/market.ts';

export interface Seams {
  readonly newAccount?: (accountId: number) => Account;
  readonly newMarket?: (instrument: Instrument) => Market;
  /** Stands between a process and the log. */
  bus(bus: Bus): Bus;
  /** Called before the run; what it returns takes the change back. */
  install?(): () => void;
}

export const NO_SEAMS: Seams = { bus: (bus) => bus };
