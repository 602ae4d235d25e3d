import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AccountBench, instrumentOf } from '../../../tests/fixtures/accounts.ts';
import { PlayedMatch } from '../../../tests/fixtures/playedMatch.ts';
import { type Choose, chooser, randomList, randomOrder } from '../../../tests/fixtures/randomTrading.ts';
import type { ChangeLogEntry } from '../changeLogEntry.ts';

class Play {
  readonly bench = new AccountBench();
  readonly match: PlayedMatch;
  readonly #choose: Choose;
  readonly #sent: { readonly command: Record<string, unknown>; readonly effective: boolean }[] = [];
  readonly #own = new Map([
    ['USDT', 0n],
    ['BTC', 0n],
  ]);
  #names = 0;

  constructor(choose: Choose) {
    this.#choose = choose;
    this.match = new PlayedMatch(instrumentOf(), choose);
  }

  step(): void {
    const choose = this.#choose;
    const what = choose(20);
    if (what < 5) this.send({ kind: 'PlaceOrder', order: randomOrder(choose, this.#name()) });
    else if (what < 7) this.send({ kind: 'PlaceOrderList', ...randomList(choose, this.#name()) });
    else if (what === 7) this.#request('CancelOrder', { cancelClientOrderId: '', restriction: 0 });
    else if (what === 8) this.#request('AmendOrder', { newLots: 1 + choose(8), newClientOrderId: choose(2) === 0 ? '' : this.#name() });
    else if (what === 9) {
      const order = randomOrder(choose, this.#name());
      this.#request('CancelReplace', { cancelClientOrderId: '', restriction: 0, allowFailure: choose(2) === 0, order });
    } else if (what === 10) this.#bulk();
    else if (what === 11) this.transfer(choose(3) === 0 ? 'Withdraw' : 'Deposit', BigInt(1 + choose(20_000)));
    else if (what === 12) this.#retry();
    else if (what === 13) this.bench.takeOver(choose(2) === 0 ? 'restore' : 'fold');
    else if (what < 17) this.settle(this.match.takeNext());
    else this.settle([...this.match.happen(), ...(choose(3) === 0 ? this.match.happen() : [])]);
  }

  send(command: object): void {
    this.#run(command);
    this.#conserved();
  }

  #run(command: object): void {
    const commandId = 1000 + this.#sent.length;
    const full = { commandId, ...command } as unknown as { kind: 'PlaceOrder' };
    const before = this.bench.live.hash();
    this.bench.run(full);
    const effective = this.bench.entries.length > 0;
    if (!effective) expect(this.bench.live.hash()).toBe(before);
    this.#sent.push({ command: full, effective });
    this.match.read(this.bench.entries);
  }

  transfer(kind: 'Deposit' | 'Withdraw', units: bigint): void {
    const asset = this.#choose(2) === 0 ? 'USDT' : 'BTC';
    this.#run({ kind, requestId: this.#name(), asset, units });
    if (this.bench.entries.length > 0) {
      this.#own.set(asset, (this.#own.get(asset) as bigint) + (kind === 'Deposit' ? units : -units));
    }
    this.#conserved();
  }

  settle(entries: ChangeLogEntry[]): void {
    this.bench.settle(...entries);
    this.match.read(this.bench.entries);
    this.#conserved();
  }

  /** Everything on its way arrives, everything open is cancelled: nothing stays locked. */
  wind(): void {
    this.#settleAll();
    for (let i = 0; i < 50 && this.bench.live.openOrderCount > 0; i++) {
      this.send({ kind: 'CancelAllOrders' });
      this.#settleAll();
    }
    expect(this.bench.live.openOrderCount).toBe(0);
    expect([...this.bench.live.openIds(), ...this.bench.live.pendingReplaceIds()]).toEqual([]);
    for (const { locked } of this.bench.live.balances()) expect(locked).toBe(0n);
  }

  #settleAll(): void {
    while (!this.match.idle) this.settle(this.match.takeNext());
  }

  #retry(): void {
    const again = this.#sent.at(-1 - this.#choose(Math.min(this.#sent.length, 50)));
    if (again === undefined || !again.effective) return;
    this.bench.run(again.command as { kind: 'PlaceOrder' });
    expect(this.bench.entries).toEqual([]);
  }

  #request(kind: string, command: object): void {
    const open = [...this.bench.live.openOrders()];
    const order = open[this.#choose(open.length)];
    if (order === undefined) return;
    const byName = this.#choose(2) === 0;
    const ref = { orderId: byName ? 0 : order.orderId, origClientOrderId: byName ? order.clientOrderId : '' };
    this.send({ kind, ...ref, ...command });
  }

  #bulk(): void {
    const [list] = this.bench.live.openLists();
    if (this.#choose(4) === 0) this.send({ kind: 'CancelAllOrders' });
    else if (list !== undefined) {
      const { orderListId } = list;
      this.send({ kind: 'CancelOrderList', orderListId, listClientOrderId: '', cancelClientOrderId: '' });
    }
  }

  #name(): string {
    return `n${++this.#names}`;
  }

  /** Invariant 1 for one account: what it has is what it was given and what it traded. */
  #conserved(): void {
    for (const [asset, units] of this.#own) {
      const has = this.bench.free(asset) + this.bench.locked(asset);
      const should = units + (this.match.moved.get(asset) ?? 0n);
      if (has !== should) throw new Error(`${asset}: has ${has}, should have ${should}`);
    }
  }
}

describe('an account, whatever its clients and the market do,', () => {
  it('conserves every unit, locks what is reserved, and is what its log and its snapshot say', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000_000), { minLength: 100, maxLength: 700, size: 'max' }), (numbers) => {
        const { choose, left } = chooser(numbers);
        const play = new Play(choose);
        play.bench.rests = choose(2) === 0;
        play.transfer('Deposit', 60_000n);
        play.transfer('Deposit', 60_000n);
        while (left()) play.step();
        play.wind();
      }),
      { numRuns: Number(process.env.PROPERTY_RUNS ?? 30) },
    );
  });
});
