// Every account's profile by its id. An exchange has very many, and few of them are asked for at a time: they are kept as bytes, and
// those asked for lately as objects besides.
import type { AccountProfile, FeeRates } from './accountProfile.ts';
import { PackedReader } from './packed/packedReader.ts';
import { PackedRows } from './packed/packedRows.ts';
import { PackedWriter } from './packed/packedWriter.ts';

/** Objects kept: twice as many at most, about 200 bytes each. */
const RECENT_MAX = 32_768;
const NO_SYMBOL_RATES: AccountProfile['symbolRates'] = Object.freeze({});
/** Sets of rates that are kept once; an exchange has few. */
const RATES_MAX = 1000;
const ratesInUse: FeeRates[] = [];
const ratesNumbers = new Map<string, number>();

const Flag = { CAN_TRADE: 1, CAN_DEPOSIT: 2, CAN_WITHDRAW: 4, FROZEN: 8 } as const;

export class Profiles {
  readonly #rows = new PackedRows();
  readonly #reader = new PackedReader();
  readonly #writer = new PackedWriter();
  /** Those asked for since it was begun, and those from before that. */
  #recent = new Map<number, AccountProfile>();
  #before = new Map<number, AccountProfile>();
  #highestId = -1;

  get size(): number {
    return this.#rows.size;
  }

  /** Of all there ever were; -1 = there was none. */
  get highestId(): number {
    return this.#highestId;
  }

  /** It never changes: what the account is given instead is another object. */
  get(accountId: number): AccountProfile | undefined {
    const recent = this.#recent.get(accountId);
    if (recent !== undefined) return recent;
    const profile = this.#before.get(accountId) ?? this.#unpack(accountId);
    if (profile === undefined) return undefined;
    if (this.#recent.size === RECENT_MAX) {
      this.#before = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(accountId, profile);
    return profile;
  }

  set(accountId: number, profile: AccountProfile): void {
    this.#forget(accountId);
    if (accountId > this.#highestId) this.#highestId = accountId;
    this.#rows.set(accountId, packProfile(profile, this.#writer.start()));
  }

  delete(accountId: number): boolean {
    this.#forget(accountId);
    return this.#rows.delete(accountId);
  }

  /** In the order in which they came; not kept. */
  *values(): Generator<AccountProfile> {
    for (const accountId of this.#rows.ids()) yield this.#unpack(accountId) as AccountProfile;
  }

  /** By ascending id; not kept. */
  *ascending(): Generator<AccountProfile> {
    for (const accountId of Float64Array.from(this.#rows.ids()).sort()) yield this.#unpack(accountId) as AccountProfile;
  }

  #forget(accountId: number): void {
    this.#recent.delete(accountId);
    this.#before.delete(accountId);
  }

  #unpack(accountId: number): AccountProfile | undefined {
    return this.#rows.read(accountId, this.#reader) ? unpackProfile(accountId, this.#reader) : undefined;
  }
}

function packProfile(profile: AccountProfile, w: PackedWriter): Uint8Array {
  const { name, createdUs, rates, symbolRates, canTrade, canDeposit, canWithdraw, frozen, updateUs, tradeGroupId } = profile;
  let flags = canTrade ? Flag.CAN_TRADE : 0;
  if (canDeposit) flags |= Flag.CAN_DEPOSIT;
  if (canWithdraw) flags |= Flag.CAN_WITHDRAW;
  if (frozen) flags |= Flag.FROZEN;
  w.byte(flags).text(name).number(createdUs);
  writeRates(w, rates);
  const symbols = Object.keys(symbolRates);
  w.count(symbols.length);
  for (const symbol of symbols) writeRates(w.name(symbol), symbolRates[symbol] as FeeRates);
  return w.number(updateUs - createdUs).number(tradeGroupId).bytes;
}

/** Field by field and here alone, so that all profiles have one shape: every order asks one. */
function unpackProfile(accountId: number, r: PackedReader): AccountProfile {
  const flags = r.byte();
  const name = r.text();
  const createdUs = r.number();
  return {
    accountId,
    name,
    createdUs,
    rates: readRates(r),
    symbolRates: readSymbolRates(r),
    canTrade: (flags & Flag.CAN_TRADE) !== 0,
    canDeposit: (flags & Flag.CAN_DEPOSIT) !== 0,
    canWithdraw: (flags & Flag.CAN_WITHDRAW) !== 0,
    frozen: (flags & Flag.FROZEN) !== 0,
    updateUs: createdUs + r.number(),
    tradeGroupId: r.number(),
  };
}

function readSymbolRates(r: PackedReader): AccountProfile['symbolRates'] {
  let left = r.count();
  if (left === 0) return NO_SYMBOL_RATES;
  const rates: Record<string, FeeRates> = {};
  for (; left > 0; left--) {
    const symbol = r.name();
    rates[symbol] = readRates(r);
  }
  return rates;
}

/** Their number among those in use, or 0 and the rates. */
function writeRates(w: PackedWriter, rates: FeeRates): void {
  const key = `${rates.makerRate}/${rates.takerRate}`;
  let number = ratesNumbers.get(key) ?? 0;
  if (number === 0 && ratesInUse.length < RATES_MAX) {
    number = ratesInUse.push({ makerRate: rates.makerRate, takerRate: rates.takerRate });
    ratesNumbers.set(key, number);
  }
  w.count(number);
  if (number === 0) w.number(rates.makerRate).number(rates.takerRate);
}

function readRates(r: PackedReader): FeeRates {
  const number = r.count();
  return number === 0 ? { makerRate: r.number(), takerRate: r.number() } : (ratesInUse[number - 1] as FeeRates);
}
