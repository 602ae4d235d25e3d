// Accounts and markets together, in pure form: random commands of several accounts on two symbols, with delays between the
// stages, retries and take-overs; the invariants of the whole after every step (see jointExchange.ts).
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccountCommand } from '../../src/domain/command.ts';
import { CancelRestriction, ContingencyType, Side } from '../../src/domain/orderTerms.ts';
import { instrumentOf, newOrder } from '../fixtures/accounts.ts';
import { JointExchange } from '../fixtures/jointExchange.ts';
import { type Choose, chooser, randomList, randomOrder } from '../fixtures/randomTrading.ts';

const ACCOUNTS = [1000, 1001, 1002];
const SYMBOLS = ['BTCUSDT', 'ETHBTC'];
const ASSETS = ['BTC', 'USDT', 'ETH'];

class Traders {
  readonly exchange = new JointExchange(ACCOUNTS, [
    instrumentOf(),
    instrumentOf({ symbol: 'ETHBTC', baseAsset: 'ETH', quoteAsset: 'BTC' }),
  ]);
  readonly #choose: Choose;
  readonly #sent: { readonly command: AccountCommand; readonly effective: boolean }[] = [];
  #names = 0;

  constructor(choose: Choose) {
    this.#choose = choose;
    for (const accountId of ACCOUNTS)
      for (const asset of ASSETS) this.#send({ kind: 'Deposit', accountId, requestId: this.#name(), asset, units: 60_000n });
  }

  step(): void {
    const { exchange } = this;
    const choose = this.#choose;
    exchange.nowUs += 1000;
    const accountId = ACCOUNTS[choose(ACCOUNTS.length)] as number;
    const symbol = SYMBOLS[choose(4) === 0 ? 1 : 0] as string;
    const what = choose(24);
    if (what < 8) this.#send({ kind: 'PlaceOrder', accountId, symbol, order: randomOrder(choose, this.#name()) });
    else if (what < 11) this.#send({ kind: 'PlaceOrderList', accountId, symbol, ...randomList(choose, this.#name()) });
    else if (what < 14) this.#request(accountId);
    else if (what === 14) this.#bulk(accountId, symbol);
    else if (what === 15) this.#transfer(accountId);
    else if (what === 16) this.#retry();
    else if (what === 17) this.#takeOver(accountId, symbol);
    else if (what === 18) exchange.tick(symbol);
    else if (what < 22) exchange.match(symbol, 1 + choose(4));
    else exchange.settle();
  }

  /** Nothing stays locked once everything is cancelled. */
  wind(): void {
    const { exchange } = this;
    exchange.drain();
    for (let round = 0; round < 5; round++) {
      for (const accountId of ACCOUNTS) {
        for (const symbol of SYMBOLS) this.#send({ kind: 'CancelAllOrders', accountId, symbol });
      }
      exchange.drain();
    }
    for (const { live } of exchange.accounts.values()) {
      expect([...live.openIds()]).toEqual([]);
      for (const { locked } of live.balances()) expect(locked).toBe(0n);
    }
  }

  #request(accountId: number): void {
    const choose = this.#choose;
    const open = [...(this.exchange.accounts.get(accountId)?.live.openOrders() ?? [])];
    const order = open[choose(open.length)];
    if (order === undefined) return;
    const { symbol } = order;
    const byName = choose(2) === 0;
    const ref = {
      accountId,
      symbol,
      orderId: byName ? 0 : order.orderId,
      origClientOrderId: byName ? order.clientOrderId : '',
    };
    const restriction = choose(4) === 0 ? CancelRestriction.ONLY_PARTIALLY_FILLED : CancelRestriction.NONE;
    switch (choose(3)) {
      case 0:
        this.#send({ kind: 'CancelOrder', ...ref, cancelClientOrderId: '', restriction });
        break;
      case 1: {
        const newClientOrderId = choose(2) === 0 ? '' : this.#name();
        this.#send({ kind: 'AmendOrder', ...ref, newLots: 1 + choose(Math.max(order.origLots, 1)), newClientOrderId });
        break;
      }
      default: {
        const allowFailure = choose(2) === 0;
        const next = randomOrder(choose, this.#name());
        this.#send({ kind: 'CancelReplace', ...ref, cancelClientOrderId: '', restriction, allowFailure, order: next });
      }
    }
  }

  #bulk(accountId: number, symbol: string): void {
    const [list] = this.exchange.accounts.get(accountId)?.live.openLists() ?? [];
    if (list === undefined) this.#send({ kind: 'CancelAllOrders', accountId, symbol });
    else {
      const { orderListId } = list;
      const names = { listClientOrderId: '', cancelClientOrderId: '' };
      this.#send({ kind: 'CancelOrderList', accountId, symbol: list.symbol, orderListId, ...names });
    }
  }

  #transfer(accountId: number): void {
    const kind = this.#choose(3) === 0 ? 'Withdraw' : 'Deposit';
    const asset = ASSETS[this.#choose(ASSETS.length)] as string;
    this.#send({ kind, accountId, requestId: this.#name(), asset, units: BigInt(1 + this.#choose(30_000)) });
  }

  /** The same command again: it took effect, so it does not a second time. */
  #retry(): void {
    const again = this.#sent.at(-1 - this.#choose(Math.min(this.#sent.length, 60)));
    if (again?.effective) expect(this.exchange.execute(again.command).entries).toBe(0);
  }

  #takeOver(accountId: number, symbol: string): void {
    const how = this.#choose(2) === 0 ? 'restore' : 'fold';
    this.exchange.takeOver(this.#choose(2) === 0 ? { accountId } : { symbol }, how);
  }

  #send(command: Unnumbered<AccountCommand>): void {
    const full = { ...command, commandId: 1 + this.#sent.length } as AccountCommand;
    this.#sent.push({ command: full, effective: this.exchange.execute(full).entries > 0 });
  }

  #name(): string {
    return `n${++this.#names}`;
  }
}

type Unnumbered<C> = C extends unknown ? Omit<C, 'commandId'> : never;

describe('accounts and markets', () => {
  it('conserve every unit, settle every trade once and agree on every order, in whatever order things happen', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000_000), { minLength: 200, maxLength: 1200, size: 'max' }), (numbers) => {
        const { choose, left } = chooser(numbers);
        const traders = new Traders(choose);
        while (left()) traders.step();
        traders.wind();
      }),
      { numRuns: Number(process.env.PROPERTY_RUNS ?? 15) },
    );
  });

  it('keep an amend of a parked leg that its account had not seen when it funded the leg', () => {
    const exchange = new JointExchange([1000, 1001], [instrumentOf()]);
    let commandId = 0;
    const run = (accountId: number, command: object) => {
      const full = { commandId: ++commandId, accountId, symbol: 'BTCUSDT', ...command } as AccountCommand;
      expect(exchange.execute(full).entries).toBeGreaterThan(0);
    };
    run(1000, { kind: 'Deposit', requestId: 'a', asset: 'USDT', units: 60_000n });
    run(1000, { kind: 'Deposit', requestId: 'b', asset: 'BTC', units: 60_000n });
    run(1001, { kind: 'Deposit', requestId: 'c', asset: 'BTC', units: 60_000n });
    const orders = [newOrder({ clientOrderId: 'w' }), newOrder({ clientOrderId: 'p', side: Side.SELL, priceTicks: 105, lots: 10 })];
    const contingencyType = ContingencyType.OTO;
    run(1000, { kind: 'PlaceOrderList', contingencyType, listClientOrderId: 'l', orders });
    exchange.drain();
    run(1001, { kind: 'PlaceOrder', order: newOrder({ side: Side.SELL }) });
    run(1000, { kind: 'AmendOrder', orderId: 0, origClientOrderId: 'p', newLots: 4, newClientOrderId: '' });
    exchange.match('BTCUSDT', 1);
    exchange.match('BTCUSDT', 1);
    // The account takes in the fill and funds ten lots; the amend is still on its way to it.
    exchange.settle();
    expect(exchange.accounts.get(1000)?.live.openOrder(3)).toMatchObject({ origLots: 10, reservedUnits: 10_000n });
    exchange.drain();
    expect(exchange.accounts.get(1000)?.live.openOrder(3)).toMatchObject({ origLots: 4, reservedUnits: 4000n });
    expect(exchange.markets.get('BTCUSDT')?.live.openOrder(3)).toMatchObject({ origLots: 4, bookLots: 4 });
  });
});
