// What the market log says became of commands: reads each step once and hands every command its report. A report is
// built only from what is in the log.
import { applyChanges, namesOf } from '../../domain/changedFields.ts';
import { type ChangedFields, ChangeKind, type ChangeLogEntry, EntityType, newValue } from '../../domain/changeLogEntry.ts';
import { IdMap } from '../../domain/idMap.ts';
import { applyOrderChanges } from '../../domain/orderChanges.ts';
import { ExpiryReason } from '../../domain/orderTerms.ts';
import { OrderField, type PreventedMatch, type RequestOutcome, type SpotOrder } from '../../domain/spotOrder.ts';
import { OrderListField, type SpotOrderList } from '../../domain/spotOrderList.ts';
import { type SpotTrade, takerOrderId } from '../../domain/spotTrade.ts';
import type { OrderReport } from '../../ports/exchangePort.ts';

const listNames = namesOf<SpotOrderList>(OrderListField);

/** Where the reader finds orders as they were before the step. */
export interface OrdersBefore {
  openOrder(orderId: number): Readonly<SpotOrder> | undefined;
  openList(orderListId: number): Readonly<SpotOrderList> | undefined;
}

export interface ReportListener {
  /** True when somebody here waits for the command. */
  awaits(commandId: number): boolean;
  /** Who waits for the orders that the command places; undefined when nobody here does. */
  placing(commandId: number): PlacingListener | undefined;
  /** A list the command placed or ended. */
  listed(commandId: number, list: SpotOrderList): void;
  /** A request of the command was carried out (code 0) or failed. */
  requested(commandId: number, orderId: number, outcome: RequestOutcome, report: OrderReport | undefined): void;
  /** An order that ended in a step in which the command did something (the other legs of a cancelled list). */
  ended(commandId: number, report: OrderReport): void;
}

export interface PlacingListener {
  /** An order the command placed, after its own executions. */
  placed(report: OrderReport): void;
}

const NO_FILLS: SpotTrade[] = [];
const NO_MATCHES: PreventedMatch[] = [];

class Draft {
  /** The log's own row until it changes: most orders are created and rest. */
  order: Readonly<SpotOrder>;
  /** Which of the step's commands it is the report of. */
  readonly command: number;
  readonly placing: PlacingListener | undefined;
  fills = NO_FILLS;
  /** Self-trades prevented with the order as the taker. */
  prevented = NO_MATCHES;
  executionId: number;
  origClientOrderId = '';
  #isOwn = false;

  constructor(order: Readonly<SpotOrder>, command: number, executionId: number, placing: PlacingListener | undefined) {
    this.order = order;
    this.command = command;
    this.placing = placing;
    this.executionId = executionId;
  }

  change(changed: ChangedFields, executionId: number): void {
    const { clientOrderId } = this.order;
    const order: SpotOrder = this.#isOwn ? (this.order as SpotOrder) : { ...this.order };
    this.order = order;
    this.#isOwn = true;
    applyOrderChanges(order, changed);
    if (order.clientOrderId !== clientOrderId) this.origClientOrderId = clientOrderId;
    this.executionId = executionId;
  }

  fill(trade: SpotTrade): void {
    if (this.fills === NO_FILLS) this.fills = [trade];
    else this.fills.push(trade);
  }

  prevent(match: PreventedMatch): void {
    if (this.prevented.every(({ preventedMatchId }) => preventedMatchId !== match.preventedMatchId))
      this.prevented = [...this.prevented, match];
  }
}

/** Orders as they become in a step of several commands: each command is told the state that it left. */
class Drafts {
  /** Of orders that may be reported by a later command, too. */
  readonly #drafts = new IdMap<Draft>();
  /** Of the order that the command being read placed, when no other will ask for it: most are of this kind, and in no map. */
  #own: Draft | undefined;
  readonly #asked: ReadonlySet<number>;
  #command = 0;

  /** `asked`: orders of which somebody hears though they are of an earlier command. */
  constructor(asked: ReadonlySet<number>) {
    this.#asked = asked;
  }

  /** Another command begins: what follows in the step happens to copies. */
  next(): void {
    this.#command++;
    this.#own = undefined;
  }

  get(orderId: number): Draft | undefined {
    if (this.#own !== undefined && this.#own.order.orderId === orderId) return this.#own;
    return this.#drafts.size === 0 ? undefined : this.#drafts.get(orderId);
  }

  all(): Iterable<readonly [number, Draft]> {
    return this.#drafts.entries();
  }

  add(order: Readonly<SpotOrder>, executionId: number, placing?: PlacingListener): Draft {
    const draft = new Draft(order, this.#command, executionId, placing);
    if (this.concerns(order)) this.#drafts.set(order.orderId, draft);
    else this.#own = draft;
    return draft;
  }

  /** True for an order that may have to be reported though its own command is over: asked after, or another leg of a list. */
  concerns(order: Readonly<SpotOrder>): boolean {
    return order.orderListId !== -1 || this.#asked.has(order.orderId);
  }

  /** The draft for a change by the command that is being read; undefined for an order that nobody hears of so far. */
  change(orderId: number): Draft | undefined {
    const known = this.get(orderId);
    if (known === undefined || known.command === this.#command) return known;
    return this.concerns(known.order) ? this.add(known.order, known.executionId) : undefined;
  }
}

/** Reads one step; call it before the step is folded into `before`. */
export function readReports(entries: readonly ChangeLogEntry[], before: OrdersBefore, listener: ReportListener): void {
  const asked = askedAfter(entries, listener);
  if (asked === undefined) return;
  const drafts = new Drafts(asked);
  const placed: Draft[] = [];
  const lists = new Map<number, SpotOrderList>();
  const outcomes: Outcome[] = [];
  for (const entry of entries) {
    const change = entry.changeType;
    if (entry.entityType === EntityType.SpotTrade) {
      if (change.kind === ChangeKind.Created) drafts.change(takerOrderId(change.fields as SpotTrade))?.fill(change.fields as SpotTrade);
    } else if (entry.entityType === EntityType.SpotOrder) {
      const orderId = entry.entityId as number;
      if (change.kind === ChangeKind.Created) {
        const row = change.fields as SpotOrder;
        if (row.orderListId === -1 || !lists.has(row.orderListId)) drafts.next();
        const placing = listener.placing(row.commandId);
        // Nobody hears of an order of others, unless it is of a list that somebody here cancels.
        if (placing === undefined && !drafts.concerns(row)) continue;
        const draft = drafts.add(row, entry.sequence, placing);
        if (placing !== undefined) placed.push(draft);
      } else if (change.kind === ChangeKind.Updated) {
        const { outcome, prevented, expires } = rareOf(change.changedFields);
        if (outcome !== null || expires) drafts.next();
        let draft = drafts.change(orderId);
        if (draft === undefined) {
          const known = before.openOrder(orderId);
          if (known !== undefined && drafts.concerns(known)) draft = drafts.add(known, entry.sequence);
        }
        draft?.change(change.changedFields, entry.sequence);
        // It stands on the maker's and on the taker's entry alike; the taker's report lists it once.
        if (prevented !== null) drafts.get(prevented.takerOrderId)?.prevent(prevented);
        if (outcome !== null && listener.awaits(outcome.commandId)) outcomes.push({ orderId, outcome, draft });
      }
    } else if (entry.entityType === EntityType.SpotOrderList) {
      if (change.kind === ChangeKind.Created) {
        drafts.next();
        lists.set(entry.entityId as number, { ...(change.fields as SpotOrderList) });
      } else if (change.kind === ChangeKind.Updated) {
        const known = lists.get(entry.entityId as number) ?? before.openList(entry.entityId as number);
        if (known === undefined) continue;
        const list = { ...known };
        applyChanges(list, listNames, change.changedFields);
        lists.set(list.orderListId, list);
      }
    }
  }
  for (const list of lists.values()) if (listener.awaits(list.commandId)) listener.listed(list.commandId, list);
  for (const draft of placed) draft.placing?.placed(reportOf(draft, ''));
  // What a request brought about comes before its outcome: the command is concluded when the last outcome is there.
  reportLists(outcomes, drafts, lists, new Set(outcomes.map(({ orderId }) => orderId)), listener);
  for (const { orderId, outcome, draft } of outcomes) {
    listener.requested(outcome.commandId, orderId, outcome, draft && reportOf(draft, outcome.clientOrderId));
  }
}

interface Outcome {
  readonly orderId: number;
  readonly outcome: RequestOutcome;
  /** The order as the request left it. */
  readonly draft: Draft | undefined;
}

interface Rare {
  outcome: RequestOutcome | null;
  prevented: PreventedMatch | null;
  /** Its time is over: a tick's doing, which belongs to no command. */
  expires: boolean;
}

const COMMON: Readonly<Rare> = Object.freeze({ outcome: null, prevented: null, expires: false });

/** What few changes hold: the outcome of a request, a self-trade that was prevented, the end of a good-till-date order. */
function rareOf(changed: ChangedFields): Readonly<Rare> {
  let rare: Rare | undefined;
  for (let i = 0; i < changed.length; i += 3) {
    const field = changed[i];
    if (field !== OrderField.outcome && field !== OrderField.preventedMatch && field !== OrderField.expiryReason) continue;
    rare ??= { ...COMMON };
    if (field === OrderField.outcome) rare.outcome = changed[i + 2] as RequestOutcome | null;
    else if (field === OrderField.preventedMatch) rare.prevented = changed[i + 2] as PreventedMatch | null;
    else rare.expires = changed[i + 2] === ExpiryReason.GTD_EXPIRED;
  }
  return rare ?? COMMON;
}

/** Cancelling one leg ends its list: the list's end and the other legs' are the same command's doing. */
function reportLists(
  outcomes: readonly Outcome[],
  drafts: Drafts,
  lists: ReadonlyMap<number, SpotOrderList>,
  reported: ReadonlySet<number>,
  listener: ReportListener,
): void {
  for (const { orderId, outcome } of outcomes) {
    const listId = drafts.get(orderId)?.order.orderListId ?? -1;
    if (listId === -1 || outcome.code !== 0) continue;
    const list = lists.get(listId);
    if (list !== undefined && list.commandId !== outcome.commandId) listener.listed(outcome.commandId, list);
    for (const [otherId, draft] of drafts.all()) {
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
