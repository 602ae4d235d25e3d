// What clients called and were answered, checked against what the logs say happened: nothing lost, nothing doubled, nothing
// that nobody asked for. An answer binds; a call without one may have taken effect once or not at all.
import { entriesOf } from '../../src/actors/step.ts';
import type { Bus } from '../../src/bus/bus.ts';
import { ChangeKind, EntityType } from '../../src/domain/changeLogEntry.ts';
import { OrderStatus } from '../../src/domain/orderStatus.ts';
import { ExpiryReason, Side } from '../../src/domain/orderTerms.ts';
import { OrderField, type SpotOrder } from '../../src/domain/spotOrder.ts';

export interface PlaceCall {
  readonly kind: 'place';
  readonly clientOrderId: string;
  readonly accountId: number;
  readonly side: 'BUY' | 'SELL';
  /** In ticks and lots of the symbol. */
  readonly priceTicks: number;
  readonly lots: number;
  /** Undefined: the connection broke before an answer came. */
  answer: { readonly ok: boolean; readonly orderId: number; readonly executedLots: number } | undefined;
}

export interface CancelCall {
  readonly kind: 'cancel';
  readonly orderId: number;
  answer: { readonly ok: boolean } | undefined;
}

export type Call = PlaceCall | CancelCall;

interface LoggedOrder {
  readonly row: Readonly<SpotOrder>;
  status: OrderStatus;
  executedLots: number;
  expiryReason: ExpiryReason;
  /** In the market's log, not only in the account's. */
  matched: boolean;
}

export class CallHistory {
  readonly calls: Call[] = [];

  add<C extends Call>(call: C): C {
    this.calls.push(call);
    return call;
  }

  get unanswered(): readonly Call[] {
    return this.calls.filter(({ answer }) => answer === undefined);
  }

  /** Every way in which the logs and the calls do not agree. */
  async problems(bus: Bus): Promise<string[]> {
    const orders = await loggedOrders(bus);
    const problems: string[] = [];
    const byClientId = new Map<string, LoggedOrder>();
    for (const order of orders.values()) {
      const { clientOrderId, orderId } = order.row;
      const other = byClientId.get(clientOrderId);
      if (other !== undefined) problems.push(`doubled: ${clientOrderId} is order ${other.row.orderId} and order ${orderId}`);
      byClientId.set(clientOrderId, order);
    }
    const asked = new Map<string, PlaceCall>();
    const cancelAsked = new Set<number>();
    for (const call of this.calls) {
      if (call.kind === 'place') {
        asked.set(call.clientOrderId, call);
        problems.push(...placeProblems(call, byClientId.get(call.clientOrderId)));
        continue;
      }
      cancelAsked.add(call.orderId);
      const status = orders.get(call.orderId)?.status;
      if (call.answer?.ok === true && status !== OrderStatus.Cancelled)
        problems.push(`lost: the cancel of ${call.orderId} was acknowledged, and its status is ${status}`);
    }
    for (const { row, status, expiryReason } of orders.values()) {
      if (!asked.has(row.clientOrderId)) problems.push(`unexplained: order ${row.orderId} (${row.clientOrderId}) was not asked for`);
      if (status === OrderStatus.Cancelled && !cancelAsked.has(row.orderId))
        problems.push(`unexplained: order ${row.orderId} was cancelled, and nobody asked for it`);
      // An account meets its own order: self-trade prevention expires one of them.
      const expected =
        status !== OrderStatus.Rejected && (status !== OrderStatus.Expired || expiryReason === ExpiryReason.SELF_TRADE_PREVENTION);
      if (!expected || status === OrderStatus.ConditionalPending) problems.push(`unexplained: order ${row.orderId} has status ${status}`);
    }
    return problems;
  }
}

function placeProblems(call: PlaceCall, order: LoggedOrder | undefined): string[] {
  const name = `${call.clientOrderId} (${JSON.stringify(call.answer)})`;
  if (order === undefined) return call.answer?.ok === true ? [`lost: ${name} was acknowledged and is in no log`] : [];
  const { row } = order;
  const problems: string[] = [];
  if (call.answer?.ok === false) problems.push(`unexplained: ${name} was refused and is order ${row.orderId}`);
  const same =
    row.accountId === call.accountId &&
    row.side === Side[call.side] &&
    row.priceTicks === call.priceTicks &&
    row.origLots === call.lots &&
    (call.answer?.ok !== true || row.orderId === call.answer.orderId);
  if (!same) problems.push(`unexplained: ${name} asked for something else than order ${row.orderId} is`);
  if (call.answer?.ok === true && !order.matched) problems.push(`lost: ${name} was answered before its market had it`);
  if (call.answer?.ok === true && order.executedLots < call.answer.executedLots)
    problems.push(`lost: ${name} was told of ${call.answer.executedLots} lots executed, the log has ${order.executedLots}`);
  return problems;
}

/** Orders by id: as their account asked for them, and what their market made of them. */
async function loggedOrders(bus: Bus): Promise<Map<number, LoggedOrder>> {
  const orders = new Map<number, LoggedOrder>();
  for (const stream of ['accounts-0', 'markets-0']) {
    const market = stream === 'markets-0';
    const { firstSequence, lastSequence } = await bus.streamInfo(stream);
    if (lastSequence < firstSequence) continue;
    const reader = bus.read(stream, { fromSequence: firstSequence });
    while (reader.position < lastSequence) {
      for (const message of await reader.next()) {
        for (const { entityType, entityId, changeType } of entriesOf(message)) {
          if (entityType !== EntityType.SpotOrder) continue;
          if (changeType.kind === ChangeKind.Created) {
            const row = changeType.fields as Readonly<SpotOrder>;
            const known = orders.get(row.orderId);
            if (known?.matched === market) throw new Error(`${stream} creates order ${row.orderId} twice`);
            const { status, executedLots, expiryReason } = row;
            orders.set(row.orderId, { row: known?.row ?? row, status, executedLots, expiryReason, matched: market });
          } else if (changeType.kind === ChangeKind.Updated && market) {
            update(orders.get(Number(entityId))!, changeType.changedFields);
          }
        }
      }
    }
    reader.close();
  }
  return orders;
}

function update(order: LoggedOrder, changed: readonly unknown[]): void {
  for (let at = 0; at < changed.length; at += 3) {
    if (changed[at] === OrderField.status) order.status = changed[at + 2] as OrderStatus;
    if (changed[at] === OrderField.expiryReason) order.expiryReason = changed[at + 2] as ExpiryReason;
    if (changed[at] === OrderField.executedLots) order.executedLots = changed[at + 2] as number;
  }
}
