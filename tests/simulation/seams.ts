// Where a simulation takes hold of the exchange to plant a bug; the exchange itself has no switch for one.
import type { Bus } from '../../src/bus/bus.ts';
import type { Account } from '../../src/domain/account/account.ts';
import type { Instrument } from '../../src/domain/instrument.ts';
import type { Market } from '../../src/domain/market/market.ts';

export interface Seams {
  readonly newAccount?: (accountId: number) => Account;
  readonly newMarket?: (instrument: Instrument) => Market;
  /** Stands between a partition and its children. */
  behaviour<B extends { readonly output: string }>(behaviour: B): B;
  /** Stands between a partition and the log. */
  bus(bus: Bus): Bus;
}

export const NO_SEAMS: Seams = { behaviour: (behaviour) => behaviour, bus: (bus) => bus };
