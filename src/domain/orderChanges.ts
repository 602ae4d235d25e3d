// Changed fields of an order, taken into its row. What changes with nearly every entry is written by name: a store by
// computed name, on rows of several makers, takes ten times as long.

import { namesOf } from './changedFields.ts';
import type { ChangedFields } from './changeLogEntry.ts';
import type { OrderStatus } from './orderStatus.ts';
import type { ExpiryReason } from './orderTerms.ts';
import { OrderField, type SpotOrder } from './spotOrder.ts';

const NAMES = namesOf<SpotOrder>(OrderField);

/** Fields of a newer schema that this one does not know are passed over. */
export function applyOrderChanges(order: SpotOrder, changed: ChangedFields): void {
  for (let i = 0; i < changed.length; i += 3) {
    const field = changed[i] as number;
    const value = changed[i + 2];
    switch (field) {
      case OrderField.status:
        order.status = value as OrderStatus;
        break;
      case OrderField.executedLots:
        order.executedLots = value as number;
        break;
      case OrderField.cumQuoteUnits:
        order.cumQuoteUnits = value as bigint;
        break;
      case OrderField.bookLots:
        order.bookLots = value as number;
        break;
      case OrderField.updateId:
        order.updateId = value as number;
        break;
      case OrderField.updateUs:
        order.updateUs = value as number;
        break;
      case OrderField.expiryReason:
        order.expiryReason = value as ExpiryReason;
        break;
      default: {
        const name = NAMES[field];
        if (name !== undefined) (order as unknown as Record<string, unknown>)[name] = value;
      }
    }
  }
}
