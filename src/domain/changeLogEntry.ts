// The one event type of the exchange: every stage reads and writes nothing else.
import type { AccountProfile, ApiKey } from './accountProfile.ts';
import type { AdminAction, AdminToken } from './adminAccess.ts';
import type { Balance } from './balance.ts';
import type { Instrument } from './instrument.ts';
import type { KLine } from './klineEntry.ts';
import type { SpotOrder } from './spotOrder.ts';
import type { SpotOrderList } from './spotOrderList.ts';
import type { SpotTrade } from './spotTrade.ts';

/** Entity types; the codes are on the wire. */
export const EntityType = {
  SpotOrder: 1,
  SpotOrderList: 2,
  SpotTrade: 3,
  KLine: 4,
  Balance: 5,
  Account: 6,
  ApiKey: 7,
  Symbol: 8,
  AdminToken: 9,
  AdminAction: 10,
} as const;
export type EntityType = (typeof EntityType)[keyof typeof EntityType];

/** Change types; the codes are on the wire. */
export const ChangeKind = { Created: 0, Updated: 1, Deleted: 2 } as const;
export type ChangeKind = (typeof ChangeKind)[keyof typeof ChangeKind];

export interface Entities {
  [EntityType.SpotOrder]: SpotOrder;
  [EntityType.SpotOrderList]: SpotOrderList;
  [EntityType.SpotTrade]: SpotTrade;
  [EntityType.KLine]: KLine;
  [EntityType.Balance]: Balance;
  [EntityType.Account]: AccountProfile;
  [EntityType.ApiKey]: ApiKey;
  [EntityType.Symbol]: Instrument;
  [EntityType.AdminToken]: AdminToken;
  [EntityType.AdminAction]: AdminAction;
}

/** Orders, order lists, accounts, admin actions: their id. Others: see entityIds below. */
export type EntityId = number | string;

/** Values of changed fields; composites (request, outcome, preventedMatch, rates, filters) as the object. */
export type FieldValue = unknown;

/**
 * Flat triples [field, old, new, field, old, new, ...] with field a position of the entity's *Field table.
 * Flat, because updates are the bulk of the log and one array costs a fraction of a map.
 */
export type ChangedFields = readonly FieldValue[];

export interface Created<E extends EntityType> {
  readonly kind: typeof ChangeKind.Created;
  readonly fields: Readonly<Entities[E]>;
}
export interface Updated {
  readonly kind: typeof ChangeKind.Updated;
  readonly changedFields: ChangedFields;
}
export interface Deleted {
  readonly kind: typeof ChangeKind.Deleted;
}

export interface EntryOf<E extends EntityType> {
  readonly entityType: E;
  readonly entityId: EntityId;
  readonly changeType: Created<E> | Updated | Deleted;
  /** Microseconds since the epoch, stamped once by the writer. */
  readonly timestamp: number;
  /** Gapless per log partition, from 1. Given by the partition's writer when the step is complete. */
  sequence: number;
}

/** A union over the entity types, so that testing `entityType` narrows `changeType.fields`. */
export type ChangeLogEntry = { [E in EntityType]: EntryOf<E> }[EntityType];

/** Ids of entities that have no number of their own. */
export const entityIds = {
  trade: (symbol: string, tradeId: number): string => `${symbol}-${tradeId}`,
  kline: (symbol: string, interval: string, openUs: number): string => `${symbol}-${interval}-${openUs}`,
  balance: (accountId: number, asset: string): string => `${accountId}-${asset}`,
};

const DELETED: Deleted = Object.freeze({ kind: ChangeKind.Deleted });

/** `fields` becomes part of the log: hand over a copy when the entity goes on changing. */
export function created<E extends EntityType>(
  entityType: E,
  entityId: EntityId,
  fields: Readonly<Entities[E]>,
  timestamp: number,
): ChangeLogEntry {
  return {
    entityType,
    entityId,
    changeType: { kind: ChangeKind.Created, fields },
    timestamp,
    sequence: 0,
  } as unknown as ChangeLogEntry;
}

export function updated(entityType: EntityType, entityId: EntityId, changedFields: ChangedFields, timestamp: number): ChangeLogEntry {
  return {
    entityType,
    entityId,
    changeType: { kind: ChangeKind.Updated, changedFields },
    timestamp,
    sequence: 0,
  } as ChangeLogEntry;
}

export function deleted(entityType: EntityType, entityId: EntityId, timestamp: number): ChangeLogEntry {
  return { entityType, entityId, changeType: DELETED, timestamp, sequence: 0 } as ChangeLogEntry;
}

/** The new value of a field in changedFields, or undefined when it did not change. */
export function newValue(changedFields: ChangedFields, field: number): FieldValue | undefined {
  for (let i = 0; i < changedFields.length; i += 3) if (changedFields[i] === field) return changedFields[i + 2];
  return undefined;
}
