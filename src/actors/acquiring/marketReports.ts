// What the market log says became of commands: reads each step once and hands every command its report. A report is
// built only from what is in the log.
import { applyChanges, namesOf } from '../../domain/changedFields.ts';
import { type ChangedFields, ChangeKind, type ChangeLogEntry, EntityType, newValue } from '../../domain/changeLogEntry.ts';
import { OrderField, type PreventedMatch, type RequestOutcome, type SpotOrder } from '../../domain/spotOrder.ts';
import { OrderListField, type SpotOrderList } from '../../domain/spotOrderList.ts';
import { type SpotTrade, takerOrderId } from '../../domain/spotTrade.ts';
import type { OrderReport } from '../../ports/exchangePort.ts';

const orderNames = namesOf<SpotOrder>(OrderField);
const listNames = namesOf<SpotOrderList>(OrderListField);

/** Where the reader finds orders as they were before the step. */
export interface OrdersBefore {
  openOrder(orderId: number): Readonly<SpotOrder> | undefined;
  openList(orderListId: number): Readonly<SpotOrderList> | undefined;
}

export interface ReportListener {
  /** True when somebody here waits for the command. */
  awaits(commandId: number): boolean;
  /** An order the command placed, after its own executions. */
  placed(commandId: number, report: OrderReport): void;
  /** A list the command placed or ended. */
  listed(commandId: number, list: SpotOrderList): void;
  /** A request of the command was carried out (code 0) or failed. */
  requested(commandId: number, orderId: number, outcome: RequestOutcome, report: OrderReport | undefined): void;
  /** An order that ended in a step in which the command did something (the other legs of a cancelled list). */
  ended(commandId: number, report: OrderReport): void;
}

interface Draft {
  order: SpotOrder;
  readonly fills: SpotTrade[];
  /** Self-trades prevented with the order as the taker. */
  readonly prevented: PreventedMatch[];
  executionId: number;
  origClientOrderId: string;
}

/** Reads one step; call it before the step is folded into `before`. */
export function readReports(entries: readonly ChangeLogEntry[], before: OrdersBefore, listener: ReportListener): void {
  const asked = askedAfter(entries, listener);
  if (asked === undefined) return;
  const drafts = new Map<number, Draft>();
  const placed: Draft[] = [];
  const lists = new Map<number, SpotOrderList>();
  const outcomes: Outcome[] = [];
  for (const entry of entries) {
    const change = entry.changeType;
    if (entry.entityType === EntityType.SpotTrade) {
      if (change.kind === ChangeKind.Created) drafts.get(takerOrderId(change.fields as SpotTrade))?.fills.push(change.fields as SpotTrade);
    } else if (entry.entityType === EntityType.SpotOrder) {
      const orderId = entry.entityId as number;
      if (change.kind === ChangeKind.Created) {
        const row = change.fields as SpotOrder;
        const awaited = listener.awaits(row.commandId);
        // Nobody hears of an order of others, unless it is of a list that somebody here cancels.
        if (!awaited && row.orderListId === -1 && !asked.has(orderId)) continue;
        const draft = draftOf(row, entry);
        drafts.set(orderId, draft);
        if (awaited) placed.push(draft);
      } else if (change.kind === ChangeKind.Updated) {
        let draft = drafts.get(orderId);
        if (draft === undefined) {
          const known = before.openOrder(orderId);
          if (known !== undefined && (known.orderListId !== -1 || asked.has(orderId))) {
            draft = draftOf(known, entry);
            drafts.set(orderId, draft);
          }
        }
        if (draft !== undefined) {
          const { clientOrderId } = draft.order;
          applyChanges(draft.order, orderNames, change.changedFields);
          if (draft.order.clientOrderId !== clientOrderId) draft.origClientOrderId = clientOrderId;
          draft.executionId = entry.sequence;
        }
        noteRare(orderId, change.changedFields, drafts, outcomes, listener);
      }
    } else if (entry.entityType === EntityType.SpotOrderList) {
      if (change.kind === ChangeKind.Created) lists.set(entry.entityId as number, { ...(change.fields as SpotOrderList) });
      else if (change.kind === ChangeKind.Updated) {
        const known = lists.get(entry.entityId as number) ?? before.openList(entry.entityId as number);
        if (known === undefined) continue;
        const list = { ...known };
        applyChanges(list, listNames, change.changedFields);
        lists.set(list.orderListId, list);
      }
    }
  }
  for (const list of lists.values()) if (listener.awaits(list.commandId)) listener.listed(list.commandId, list);
  for (const draft of placed) listener.placed(draft.order.commandId, reportOf(draft, ''));
  // What a request brought about comes before its outcome: the command is concluded when the last outcome is there.
  reportLists(outcomes, drafts, lists, new Set(outcomes.map(({ orderId }) => orderId)), listener);
  for (const { orderId, outcome } of outcomes) {
    const draft = drafts.get(orderId);
    listener.requested(outcome.commandId, orderId, outcome, draft && reportOf(draft, outcome.clientOrderId));
  }
}

interface Outcome {
  readonly orderId: number;
  readonly outcome: RequestOutcome;
}

/** What few changes hold: the outcome of a request, a self-trade that was prevented. */
function noteRare(
  orderId: number,
  changed: ChangedFields,
  drafts: ReadonlyMap<number, Draft>,
  outcomes: Outcome[],
  listener: ReportListener,
): void {
  for (let i = 0; i < changed.length; i += 3) {
    const field = changed[i];
    if (field === OrderField.preventedMatch) notePrevented(changed[i + 2] as PreventedMatch | null, drafts);
    else if (field === OrderField.outcome) {
      const outcome = changed[i + 2] as RequestOutcome | null;
      if (outcome && listener.awaits(outcome.commandId)) outcomes.push({ orderId, outcome });
    }
  }
}

/** A prevented match stands on the maker's and on the taker's entry alike; the taker's report lists it once. */
function notePrevented(match: PreventedMatch | null, drafts: ReadonlyMap<number, Draft>): void {
  if (!match) return;
  const prevented = drafts.get(match.takerOrderId)?.prevented;
  if (prevented?.some(({ preventedMatchId }) => preventedMatchId === match.preventedMatchId) === false) prevented.push(match);
}

/** Cancelling one leg ends its list: the list's end and the other legs' are the same command's doing. */
function reportLists(
  outcomes: readonly Outcome[],
  drafts: ReadonlyMap<number, Draft>,
  lists: ReadonlyMap<number, SpotOrderList>,
  reported: ReadonlySet<number>,
  listener: ReportListener,
): void {
  for (const { orderId, outcome } of outcomes) {
    const listId = drafts.get(orderId)?.order.orderListId ?? -1;
    if (listId === -1 || outcome.code !== 0) continue;
    const list = lists.get(listId);
    if (list !== undefined && list.commandId !== outcome.commandId) listener.listed(outcome.commandId, list);
    for (const [otherId, draft] of drafts) {
      if (draft.order.orderListId === listId && !reported.has(otherId))
        listener.ended(outcome.commandId, reportOf(draft, outcome.clientOrderId));
    }
  }
}

const NOBODY: ReadonlySet<number> = new Set();

/** The orders whose requests somebody here waits for; undefined when the step concerns nobody here. */
function askedAfter(entries: readonly ChangeLogEntry[], listener: ReportListener): ReadonlySet<number> | undefined {
  let concerned = false;
  let asked: Set<number> | undefined;
  for (const entry of entries) {
    const change = entry.changeType;
    if (entry.entityType === EntityType.SpotTrade) continue;
    if (change.kind === ChangeKind.Created) {
      concerned ||= listener.awaits((change.fields as { readonly commandId: number }).commandId);
    } else if (change.kind === ChangeKind.Updated && entry.entityType === EntityType.SpotOrder) {
      const outcome = newValue(change.changedFields, OrderField.outcome) as RequestOutcome | null | undefined;
      if (!outcome || !listener.awaits(outcome.commandId)) continue;
      asked ??= new Set();
      asked.add(entry.entityId as number);
    }
  }
  return asked ?? (concerned ? NOBODY : undefined);
}

function draftOf(order: Readonly<SpotOrder>, entry: ChangeLogEntry): Draft {
  return { order: { ...order }, fills: [], prevented: [], executionId: entry.sequence, origClientOrderId: '' };
}

function reportOf(draft: Draft, requestClientOrderId: string): OrderReport {
  return {
    order: draft.order,
    fills: draft.fills,
    preventedMatches: draft.prevented,
    requestClientOrderId,
    origClientOrderId: draft.origClientOrderId || draft.order.clientOrderId,
    executionId: draft.executionId,
    timeUs: draft.order.updateUs,
  };
}
