import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AccountBench, instrumentOf, newOrder } from '../../../tests/fixtures/accounts.ts';
import { type Choose, PlayedMatch } from '../../../tests/fixtures/playedMatch.ts';
import type { ChangeLogEntry } from '../changeLogEntry.ts';
import type { NewOrder } from '../command.ts';
import { ContingencyType, isMarketLike, OrderType, PegPriceType, Side } from '../orderTerms.ts';

/** Numbers to choose by, used up in turn: what fast-check shrinks. */
function chooser(numbers: readonly number[]): { choose: Choose; left: () => boolean } {
  let at = 0;
  return { choose: (n) => (n <= 1 ? 0 : (numbers[at++] ?? 0) % n), left: () => at < numbers.length };
}

const TYPES = Object.values(OrderType);

function randomOrder(choose: Choose, name: string): NewOrder {
  const type = TYPES[choose(TYPES.length)] as OrderType;
  const lots = 1 + choose(12);
  const priceTicks = isMarketLike(type) ? 0 : 80 + choose(60);
  const stopPriceTicks = type >= OrderType.STOP_LOSS && choose(4) > 0 ? 90 + choose(30) : 0;
  const order = {
    clientOrderId: name,
    side: choose(2) === 0 ? Side.BUY : Side.SELL,
    type,
    priceTicks,
    lots,
    stopPriceTicks,
    trailingDelta: type >= OrderType.STOP_LOSS && stopPriceTicks === 0 ? 100 : 0,
    icebergLots: type === OrderType.LIMIT && choose(4) === 0 ? 1 : 0,
    estimateUnits: isMarketLike(type) ? BigInt(choose(12_000)) : 0n,
  };
  if (type === OrderType.MARKET && choose(3) === 0) return newOrder({ ...order, lots: 0, quoteUnits: BigInt(1 + choose(9000)) });
  if (!isMarketLike(type) && choose(6) === 0)
    return newOrder({ ...order, pegPriceType: PegPriceType.PRIMARY_PEG, estimateUnits: BigInt(choose(9000)) });
  return newOrder(order);
}

function randomList(choose: Choose, name: string): object {
  const contingencyType = (1 + choose(5)) as ContingencyType;
  const pays = contingencyType >= ContingencyType.OPO;
  const pair = contingencyType !== ContingencyType.OTO && contingencyType !== ContingencyType.OPO;
  const side = pays ? Side.SELL : choose(2) === 0 ? Side.BUY : Side.SELL;
  const lots = pays ? 0 : 1 + choose(12);
  const stop = { type: choose(2) === 0 ? OrderType.STOP_LOSS : OrderType.STOP_LOSS_LIMIT, side, lots };
  const leg = (i: number): NewOrder => {
    const base = { clientOrderId: `${name}-${i}`, side, lots };
    if (i === 0 && pair) return newOrder({ ...base, type: OrderType.LIMIT_MAKER, priceTicks: 90 + choose(20) });
    const limit = stop.type === OrderType.STOP_LOSS_LIMIT;
    const stopPriceTicks = choose(4) > 0 ? 95 + choose(30) : 0;
    if (pair)
      return newOrder({
        ...base,
        ...stop,
        priceTicks: limit ? 100 : 0,
        stopPriceTicks,
        trailingDelta: stopPriceTicks === 0 ? 100 : 0,
      });
    const { quoteUnits, ...single } = randomOrder(choose, `${name}-${i}`);
    return newOrder({ ...single, side, lots });
  };
  const working = newOrder({
    clientOrderId: `${name}-w`,
    side: pays || choose(2) === 0 ? Side.BUY : Side.SELL,
    lots: 1 + choose(10),
    priceTicks: 90 + choose(20),
  });
  const legs = pair ? [leg(0), leg(1)] : [leg(0)];
  const orders = contingencyType === ContingencyType.OCO ? legs : [working, ...legs];
  return { kind: 'PlaceOrderList', contingencyType, listClientOrderId: name, orders };
}

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
    else if (what < 7) this.send(randomList(choose, this.#name()));
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
        play.transfer('Deposit', 60_000n);
        play.transfer('Deposit', 60_000n);
        while (left()) play.step();
        play.wind();
      }),
      { numRuns: Number(process.env.PROPERTY_RUNS ?? 30) },
    );
  });
});
