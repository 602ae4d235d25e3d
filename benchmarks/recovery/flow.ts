// Commands for the stages: funds, orders that rest, and a mixed flow that trades.
import { FIRST_ACCOUNT_ID } from '../../src/domain/accountProfile.ts';
import type { AccountCommand, NewOrder } from '../../src/domain/command.ts';
import { Side, TimeInForce } from '../../src/domain/orderTerms.ts';
import { order } from '../../tests/pipeline/venue.ts';
import { Random } from '../measure/random.ts';
import type { Stages } from './stages.ts';

const MID_TICKS = 5_000_000;
/** Resting orders stand on so many prices of each side. */
const RESTING_TICKS = 20_000;
const FUNDS = 10n ** 16n;
const STEP_COMMANDS = 256;

export function symbolName(index: number): string {
  return `S${index}USDT`;
}

export class Flow {
  readonly #stages: Stages;
  readonly #accounts: number;
  readonly #symbols: number;
  readonly #random = new Random();
  readonly #template = order('BUY', MID_TICKS, 100);
  #commands: AccountCommand[] = [];
  #commandId = 1;
  #orders = 0;

  constructor(stages: Stages, accounts: number, symbols = 1) {
    this.#stages = stages;
    this.#accounts = accounts;
    this.#symbols = symbols;
  }

  /** Every account gets the quote asset, and of the base assets the one its index falls on. */
  fund(): void {
    for (let i = 0; i < this.#accounts; i++) {
      for (const asset of ['USDT', `S${i % this.#symbols}`]) {
        this.#send({
          kind: 'Deposit',
          commandId: this.#commandId,
          accountId: FIRST_ACCOUNT_ID + i,
          requestId: `${asset}${i}`,
          asset,
          units: FUNDS,
        });
      }
    }
    this.finishStep();
  }

  /** So many orders of the accounts in turn that do not trade. */
  rest(orders: number): void {
    for (let i = 0; i < orders; i++) {
      const away = 1 + this.#random.below(RESTING_TICKS);
      const side = this.#random.below(2) === 0 ? Side.BUY : Side.SELL;
      this.#place(i % this.#accounts, side, side === Side.BUY ? MID_TICKS - away : MID_TICKS + away, TimeInForce.GTC);
    }
    this.finishStep();
  }

  /** Orders of accounts at random on both sides of the middle: three in four rest or trade, one in four is IOC. */
  trade(orders: number): void {
    for (let i = 0; i < orders; i++) {
      const side = this.#random.below(2) === 0 ? Side.BUY : Side.SELL;
      const timeInForce = this.#random.below(4) === 0 ? TimeInForce.IOC : TimeInForce.GTC;
      this.#place(this.#random.below(this.#accounts), side, MID_TICKS + this.#random.below(200) - 100, timeInForce);
    }
    this.finishStep();
  }

  /** Ends everything that is open. */
  cancelAll(): void {
    const { children } = this.#stages.settlement;
    for (let account = 0; account < this.#accounts; account++) {
      if (children.get(FIRST_ACCOUNT_ID + account)!.openOrderCount === 0) continue;
      this.#send({
        kind: 'CancelAllOrders',
        commandId: this.#commandId,
        accountId: FIRST_ACCOUNT_ID + account,
        symbol: symbolName(account % this.#symbols),
      });
    }
    this.finishStep();
  }

  finishStep(): void {
    if (this.#commands.length > 0) this.#stages.carryOut(this.#commands);
    this.#commands = [];
  }

  #place(account: number, side: Side, priceTicks: number, timeInForce: TimeInForce): void {
    this.#orders += 1;
    const made: NewOrder = {
      ...this.#template,
      clientOrderId: `c${this.#orders}`,
      side,
      priceTicks,
      lots: 100 + this.#random.below(1000),
      timeInForce,
    };
    this.#send({
      kind: 'PlaceOrder',
      commandId: this.#commandId,
      accountId: FIRST_ACCOUNT_ID + account,
      symbol: symbolName(account % this.#symbols),
      order: made,
    });
  }

  #send(command: AccountCommand): void {
    this.#commandId += 1;
    this.#commands.push(command);
    if (this.#commands.length === STEP_COMMANDS) this.finishStep();
  }
}
