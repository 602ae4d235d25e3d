// Symbols and accounts that exist without an admin log: any number of them, all alike.
import type { AccountProfile } from '../../src/domain/accountProfile.ts';
import { FIRST_ACCOUNT_ID } from '../../src/domain/accountProfile.ts';
import type { Instrument } from '../../src/domain/instrument.ts';
import type { Registry } from '../../src/ports/exchangePort.ts';
import { makeInstrument } from '../../tests/fixtures/fakeExchange.ts';

const RATES = { makerRate: 100_000, takerRate: 100_000 };

export class BenchRegistry implements Registry {
  readonly #instruments: Map<string, Instrument>;
  readonly #profiles: readonly AccountProfile[];

  constructor(symbols: number, accounts: number) {
    const made = Array.from({ length: symbols }, (_, i) => makeInstrument({ symbol: `S${i}USDT`, baseAsset: `S${i}` }));
    this.#instruments = new Map(made.map((instrument) => [instrument.symbol, instrument]));
    this.#profiles = Array.from({ length: accounts }, (_, i) => ({
      accountId: FIRST_ACCOUNT_ID + i,
      name: `a${i}`,
      createdUs: 0,
      rates: RATES,
      symbolRates: {},
      canTrade: true,
      canDeposit: true,
      canWithdraw: true,
      frozen: false,
      updateUs: 0,
      tradeGroupId: -1,
    }));
  }

  instrument(symbol: string): Instrument | undefined {
    return this.#instruments.get(symbol);
  }

  instruments(): readonly Instrument[] {
    return [...this.#instruments.values()];
  }

  profile(accountId: number): AccountProfile | undefined {
    return this.#profiles[accountId - FIRST_ACCOUNT_ID];
  }

  apiKey(): undefined {
    return undefined;
  }

  apiKeysOf(): readonly [] {
    return [];
  }

  feeRates(): typeof RATES {
    return RATES;
  }

  assetScale(): number {
    return 8;
  }

  assets(): readonly string[] {
    return ['USDT', ...[...this.#instruments.values()].map(({ baseAsset }) => baseAsset)];
  }
}
