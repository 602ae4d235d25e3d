// The user data events besides executionReport, keys in the documented order (user-data-stream.md). externalLockUpdate has
// no formatter: no external system locks balances here.
import type { Balance } from '../../../domain/balance.ts';
import type { AccountEvent } from '../../../ports/accountEvents.ts';
import { formatUnits } from '../../units.ts';
import { contingencyWord, listOrderStatusWord, listStatusTypeWord } from '../reports/words.ts';
import type { TimePrinter } from '../timeUnit.ts';

/** Decimals of an asset. */
export type ScaleOf = (asset: string) => number;

export function outboundAccountPosition(
  balances: readonly Readonly<Balance>[],
  updateUs: number,
  scaleOf: ScaleOf,
  eventUs: number,
  time: TimePrinter,
): string {
  let rows = '';
  for (const { asset, free, locked } of balances) {
    const scale = scaleOf(asset);
    if (rows !== '') rows += ',';
    rows += `{"a":${JSON.stringify(asset)},"f":"${formatUnits(free, scale)}","l":"${formatUnits(locked, scale)}"}`;
  }
  return `{"e":"outboundAccountPosition","E":${time(eventUs)},"u":${time(updateUs)},"B":[${rows}]}`;
}

export function balanceUpdate(
  event: Extract<AccountEvent, { kind: 'balanceUpdate' }>,
  scaleOf: ScaleOf,
  eventUs: number,
  time: TimePrinter,
): string {
  const { asset, deltaUnits, timeUs } = event;
  return (
    `{"e":"balanceUpdate","E":${time(eventUs)},"a":${JSON.stringify(asset)},` +
    `"d":"${formatUnits(deltaUnits, scaleOf(asset))}","T":${time(timeUs)}}`
  );
}

export function listStatus({ list, orders, timeUs }: Extract<AccountEvent, { kind: 'list' }>, eventUs: number, time: TimePrinter): string {
  const symbol = JSON.stringify(list.symbol);
  const rows = orders.map(({ orderId, clientOrderId }) => `{"s":${symbol},"i":${orderId},"c":${JSON.stringify(clientOrderId)}}`);
  return (
    `{"e":"listStatus","E":${time(eventUs)},"s":${symbol},"g":${list.orderListId},` +
    `"c":"${contingencyWord(list.contingencyType)}","l":"${listStatusTypeWord(list.statusType)}",` +
    `"L":"${listOrderStatusWord(list.orderStatus)}","r":"NONE","C":${JSON.stringify(list.listClientOrderId)},` +
    `"T":${time(timeUs)},"O":[${rows.join(',')}]}`
  );
}

export function eventStreamTerminated(eventUs: number, time: TimePrinter): string {
  return `{"e":"eventStreamTerminated","E":${time(eventUs)}}`;
}

/** Of the retired listenKeys: the last event of a stream whose key's time is over. */
export function listenKeyExpired(listenKey: string, eventUs: number, time: TimePrinter): string {
  return `{"e":"listenKeyExpired","E":${time(eventUs)},"listenKey":${JSON.stringify(listenKey)}}`;
}

export function serverShutdown(eventUs: number, time: TimePrinter): string {
  return `{"e":"serverShutdown","E":${time(eventUs)}}`;
}
