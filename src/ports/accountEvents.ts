// What happens to an account, in the order it happened: the source of the user-data streams.
import type { Balance } from '../domain/balance.ts';
import type { PreventedMatch, SpotOrder } from '../domain/spotOrder.ts';
import type { SpotOrderList } from '../domain/spotOrderList.ts';
import type { SpotTrade } from '../domain/spotTrade.ts';

/** FIX ExecType(150), Binance's words. */
export type ExecutionType = 'NEW' | 'CANCELED' | 'REPLACED' | 'REJECTED' | 'TRADE' | 'EXPIRED' | 'TRADE_PREVENTION';

export type AccountEvent =
  | {
      readonly kind: 'execution';
      readonly executionType: ExecutionType;
      /** The order right after this execution (a copy). */
      readonly order: Readonly<SpotOrder>;
      readonly trade: SpotTrade | null;
      readonly isMaker: boolean;
      readonly preventedMatch: PreventedMatch | null;
      /** CANCELED, REPLACED: the id the client gave the request ('' when the venue ended the order). */
      readonly requestClientOrderId: string;
      /** REPLACED: the client order id before the amend. */
      readonly origClientOrderId: string;
      /**
       * Sequence of the entry that says it happened: ascending per symbol, and unique but for the two sides of a
       * prevented self-trade, which one entry tells.
       */
      readonly executionId: number;
      readonly timeUs: number;
    }
  | { readonly kind: 'positions'; readonly timeUs: number; readonly balances: readonly Readonly<Balance>[] }
  | {
      readonly kind: 'balanceUpdate';
      readonly timeUs: number;
      readonly asset: string;
      readonly deltaUnits: bigint;
      readonly balance: Readonly<Balance>;
    }
  | {
      readonly kind: 'list';
      readonly timeUs: number;
      readonly list: Readonly<SpotOrderList>;
      readonly orders: readonly Readonly<SpotOrder>[];
    };

export type AccountListener = (events: readonly AccountEvent[]) => void;

/** An order was filled for the first time, as the maker or as the taker. */
export interface FirstFill {
  readonly isMaker: boolean;
  readonly timeUs: number;
}

export interface AccountEvents {
  /** From the next event on; returns the unsubscribe. A listener must not throw or block. */
  listen(accountId: number, listener: AccountListener): () => void;
  /** As listen, for who counts orders and needs no copies of them: nothing is put together for it. */
  listenFirstFills(accountId: number, listener: (fill: FirstFill) => void): () => void;
}
