// The user data of accounts that somebody listens to. In: AccountEvents. Out: to every subscriber the events as JSON texts,
// rendered once per account and time unit, however many connections get them. Knows no protocol around the events.
import { assertNever } from '../../../domain/assert.ts';
import { ContingencyType, ListLeg, ListStatusType } from '../../../domain/orderTerms.ts';
import type { AccountEvent } from '../../../ports/accountEvents.ts';
import type { ExchangePort } from '../../../ports/exchangePort.ts';
import { looksParked } from '../reports/words.ts';
import { type TimePrinter, type TimeUnit, timePrinter } from '../timeUnit.ts';
import { balanceUpdate, listStatus, outboundAccountPosition } from './accountPayload.ts';
import { executionReport } from './executionReport.ts';

export interface UserDataSubscriber {
  readonly timeUnit: TimeUnit;
  /** The texts of events in order; must not block or throw. */
  onEvents(texts: readonly string[]): void;
}

interface Listened {
  readonly subscribers: Set<UserDataSubscriber>;
  readonly stopListening: () => void;
}

/** Lists placed in these events whose legs wait for a working order. */
function listsJustPlaced(events: readonly AccountEvent[]): ReadonlySet<number> {
  let placed: Set<number> | undefined;
  for (const event of events) {
    if (event.kind !== 'list' || event.list.statusType !== ListStatusType.EXEC_STARTED) continue;
    if (event.list.contingencyType === ContingencyType.OCO) continue;
    placed ??= new Set();
    placed.add(event.list.orderListId);
  }
  return placed ?? NO_LISTS;
}
const NO_LISTS: ReadonlySet<number> = new Set();

export class UserDataHub {
  readonly #exchange: Pick<ExchangePort, 'accountEvents' | 'registry' | 'clock'>;
  readonly #accounts = new Map<number, Listened>();
  readonly #scaleOf = (asset: string): number => this.#exchange.registry.assetScale(asset) ?? 0;

  constructor(exchange: Pick<ExchangePort, 'accountEvents' | 'registry' | 'clock'>) {
    this.#exchange = exchange;
  }

  /** From the next event on; returns the unsubscribe. */
  subscribe(accountId: number, subscriber: UserDataSubscriber): () => void {
    const listened = this.#accounts.get(accountId) ?? this.#listen(accountId);
    listened.subscribers.add(subscriber);
    return () => {
      listened.subscribers.delete(subscriber);
      if (listened.subscribers.size > 0 || this.#accounts.get(accountId) !== listened) return;
      this.#accounts.delete(accountId);
      listened.stopListening();
    };
  }

  #listen(accountId: number): Listened {
    const subscribers = new Set<UserDataSubscriber>();
    const stopListening = this.#exchange.accountEvents.listen(accountId, (events) => {
      this.#tell(accountId, events, subscribers);
    });
    const listened = { subscribers, stopListening };
    this.#accounts.set(accountId, listened);
    return listened;
  }

  #tell(accountId: number, events: readonly AccountEvent[], subscribers: ReadonlySet<UserDataSubscriber>): void {
    const eventUs = this.#exchange.clock.nowUs();
    let milliseconds: string[] | undefined;
    let microseconds: string[] | undefined;
    for (const subscriber of subscribers) {
      if (subscriber.timeUnit === 'MICROSECOND') {
        microseconds ??= this.#render(accountId, events, eventUs, timePrinter('MICROSECOND'));
        subscriber.onEvents(microseconds);
      } else {
        milliseconds ??= this.#render(accountId, events, eventUs, timePrinter('MILLISECOND'));
        subscriber.onEvents(milliseconds);
      }
    }
  }

  #render(accountId: number, events: readonly AccountEvent[], eventUs: number, time: TimePrinter): string[] {
    const texts: string[] = [];
    const waiting = listsJustPlaced(events);
    for (const event of events) {
      switch (event.kind) {
        case 'execution': {
          const instrument = this.#exchange.registry.instrument(event.order.symbol);
          if (instrument === undefined) break;
          const tradeGroupId = this.#exchange.registry.profile(accountId)?.tradeGroupId ?? -1;
          // A list and its legs are placed in one batch; of an OTOCO's stop legs only the list tells that they wait.
          const parked = waiting.has(event.order.orderListId) && event.order.listLeg !== ListLeg.WORKING;
          texts.push(executionReport(instrument, event, tradeGroupId, eventUs, time, parked || looksParked(event.order)));
          break;
        }
        case 'positions':
          texts.push(outboundAccountPosition(event.balances, event.timeUs, this.#scaleOf, eventUs, time));
          break;
        case 'balanceUpdate':
          texts.push(balanceUpdate(event, this.#scaleOf, eventUs, time));
          // The change of any balance is told with its new amount too: a fold of absolute amounts stays right.
          texts.push(outboundAccountPosition([event.balance], event.timeUs, this.#scaleOf, eventUs, time));
          break;
        case 'list':
          texts.push(listStatus(event, eventUs, time));
          break;
        default:
          assertNever(event);
      }
    }
    return texts;
  }
}
