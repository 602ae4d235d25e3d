// One account's channels, orders and balances. In: what happens to the account, while anyone listens. Out: frames, encoded once
// for all connections of the account.
import type { Instrument } from '../../../domain/instrument.ts';
import type { AccountEvent } from '../../../ports/accountEvents.ts';
import type { ExchangePort } from '../../../ports/exchangePort.ts';
import { formatPrice, formatQuantity, formatUnits } from '../../units.ts';
import { CloseCode, textFrame } from '../../ws/outbox.ts';
import { balanceView, fillView, listView, ms, orderView } from '../views.ts';
import type { Subscriber } from './subscriber.ts';

export type AccountChannel = 'orders' | 'balances';

export class AccountFeed {
  readonly #exchange: ExchangePort;
  readonly #stop: () => void;
  readonly #onError: (error: unknown) => void;
  readonly #subscribers: Readonly<Record<AccountChannel, Set<Subscriber>>> = { orders: new Set(), balances: new Set() };

  constructor(accountId: number, exchange: ExchangePort, onError: (error: unknown) => void) {
    this.#exchange = exchange;
    this.#onError = onError;
    this.#stop = exchange.accountEvents.listen(accountId, (events) => {
      for (const event of events) this.#receive(event);
    });
  }

  get isEmpty(): boolean {
    return this.#subscribers.orders.size + this.#subscribers.balances.size === 0;
  }

  stop(): void {
    this.#stop();
  }

  add(subscriber: Subscriber, channel: AccountChannel): void {
    this.#subscribers[channel].add(subscriber);
  }

  remove(subscriber: Subscriber, channel: AccountChannel): void {
    this.#subscribers[channel].delete(subscriber);
  }

  #receive(event: AccountEvent): void {
    const channel: AccountChannel = event.kind === 'execution' || event.kind === 'list' ? 'orders' : 'balances';
    const receivers = [...this.#subscribers[channel]];
    if (receivers.length === 0) return;
    try {
      const frame = textFrame(JSON.stringify({ channel, data: this.#view(event) }));
      for (const subscriber of receivers) subscriber.send(frame);
    } catch (error) {
      this.#onError(error);
      for (const subscriber of receivers) subscriber.close(CloseCode.INTERNAL, 'internal error');
    }
  }

  #view(event: AccountEvent): object {
    const { registry } = this.#exchange;
    const time = ms(event.timeUs);
    switch (event.kind) {
      case 'execution':
        return executionView(event, registry.instrument(event.order.symbol) as Instrument);
      case 'list':
        return { event: 'LIST', time, list: listView(event.list) };
      case 'positions':
        return { event: 'POSITION', time, balances: event.balances.map((balance) => balanceView(balance, registry)) };
      case 'balanceUpdate': {
        const delta = formatUnits(event.deltaUnits, registry.assetScale(event.asset) ?? 0);
        return { event: 'TRANSFER', time, asset: event.asset, delta, balance: balanceView(event.balance, registry) };
      }
    }
  }
}

function executionView(event: Extract<AccountEvent, { kind: 'execution' }>, instrument: Instrument): object {
  const { order, trade, preventedMatch } = event;
  return {
    event: event.executionType,
    executionId: event.executionId,
    time: ms(event.timeUs),
    order: orderView(order, instrument),
    // Not from the side of the order: a self-trade tells each of its orders its own part.
    ...(trade === null ? {} : { fill: fillView(trade, instrument, trade.buyerIsMaker === event.isMaker) }),
    ...(event.requestClientOrderId === '' ? {} : { requestClientOrderId: event.requestClientOrderId }),
    ...(event.executionType === 'REPLACED' ? { origClientOrderId: event.origClientOrderId } : {}),
    ...(preventedMatch === null
      ? {}
      : {
          prevented: {
            preventedMatchId: preventedMatch.preventedMatchId,
            price: formatPrice(instrument, preventedMatch.priceTicks),
            takerOrderId: preventedMatch.takerOrderId,
            makerOrderId: preventedMatch.makerOrderId,
            takerQuantity: formatQuantity(instrument, preventedMatch.takerPreventedLots),
            makerQuantity: formatQuantity(instrument, preventedMatch.makerPreventedLots),
          },
        }),
  };
}
