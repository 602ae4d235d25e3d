// What a person asks the owner of a partition, with `nats req spot.inspect...`, answered in plain JSON. Nothing here changes
// anything.
import { subjects } from '../../bus/subjects.ts';
import type { Account } from '../../domain/account/account.ts';
import type { Instrument } from '../../domain/instrument.ts';
import type { Market } from '../../domain/market/market.ts';
import { OrderStatus } from '../../domain/orderStatus.ts';
import { nameOf, Side } from '../../domain/orderTerms.ts';
import { accountPartition, symbolPartition } from '../../domain/partitions.ts';
import type { SpotOrder } from '../../domain/spotOrder.ts';
import type { Partition } from '../partition.ts';
import type { AccountInput } from '../settlement/accountBehaviour.ts';

export interface Inspection {
  readonly subject: string;
  /** `name`: the last token of the subject that was asked. `payload`: what the request carried, mostly nothing. */
  readonly answer: (name: string, payload: Uint8Array) => Promise<unknown>;
}
/** By the name of the endpoint, as `nats micro info` shows it. */
export type Inspections = Readonly<Record<string, Inspection>>;

const LEVELS = 20;
const LEVELS_MAX = 5000;
const ORDERS_MAX = 1000;

/** Every stage's: how far the partition is, and whether its state is what another replica's is. */
export function partitionInspections<S, I>(partition: Partition<S, I>, writer: string): Inspections {
  const stream = partition.behaviour.output;
  return {
    'inspect-partition': {
      subject: subjects.inspect(stream, 'partition'),
      answer: async () => ({
        partition: partition.name,
        writer,
        epoch: partition.epoch,
        output: { stream, sequence: partition.sequence },
        inputs: Object.fromEntries([...partition.inputPositions].sort(([a], [b]) => (a < b ? -1 : 1))),
        queued: partition.queued,
        children: partition.childCount,
        restarts: partition.childRestarts(),
        halted: partition.halted(),
      }),
    },
    'inspect-hash': {
      subject: subjects.inspect(stream, 'hash'),
      answer: async () => {
        const hash = await partition.hash();
        return { partition: partition.name, sequence: partition.sequence, hash };
      },
    },
  };
}

/** An account as its writer has it: balances, open orders, open lists; in the units, ticks and lots of the log. */
export function accountInspections(partition: Partition<Account, AccountInput>, accountPartitions: number): Inspections {
  const stream = partition.behaviour.output;
  return {
    'inspect-account': {
      subject: subjects.inspect(stream, 'account.*'),
      answer: async (name) => {
        const accountId = Number(name);
        if (!/^\d{1,16}$/.test(name) || !Number.isSafeInteger(accountId)) throw new RangeError(`not an account id: ${name.slice(0, 40)}`);
        checkPartition(stream, `account.${name}`, accountPartition(accountId, accountPartitions));
        return partition.read(() => {
          const account = partition.peek(accountId);
          if (account === undefined) throw new RangeError(`no account ${name} in ${stream}`);
          const orders = [...account.openOrders()];
          return {
            account: accountId,
            sequence: partition.sequence,
            balances: account.balances().map(({ asset, free, locked }) => ({ asset, free, locked })),
            openOrders: orders.length,
            orders: orders.slice(0, ORDERS_MAX).map(orderView),
            openLists: [...account.openLists()].map(({ orderListId, symbol, orderIds }) => ({ orderListId, symbol, orderIds })),
          };
        });
      },
    },
  };
}

/** A book as the matching engine has it now, best prices first. The request may carry how many levels: 20 unless said. */
export function bookInspections<I>(
  partition: Partition<Market, I>,
  marketPartitions: number,
  instrument: (symbol: string) => Instrument | undefined,
): Inspections {
  const stream = partition.behaviour.output;
  return {
    'inspect-book': {
      subject: subjects.inspect(stream, 'book.*'),
      answer: async (name, payload) => {
        const symbol = name.toUpperCase();
        const limit = levelsOf(payload);
        checkPartition(stream, `book.${symbol}`, symbolPartition(symbol, marketPartitions));
        const listed = instrument(symbol);
        if (listed === undefined) throw new RangeError(`no symbol ${symbol.slice(0, 40)}`);
        return partition.read(() => {
          const market = partition.peek(symbol);
          const depth = market?.depth(limit) ?? { bids: [], asks: [] };
          const { tickUnits, priceScale, lotUnits, baseScale } = listed;
          const price = (ticks: number): string => decimal(BigInt(ticks) * BigInt(tickUnits), priceScale);
          const level = ([ticks, lots]: readonly [number, number]): object => {
            return { price: price(ticks), quantity: decimal(BigInt(lots) * BigInt(lotUnits), baseScale) };
          };
          return {
            symbol,
            sequence: partition.sequence,
            updateId: market?.updateId ?? 0,
            lastTradeId: market?.lastTradeId ?? 0,
            lastPrice: price(market?.lastPriceTicks ?? 0),
            openOrders: market?.openIds().length ?? 0,
            bids: depth.bids.map(level),
            asks: depth.asks.map(level),
          };
        });
      },
    },
  };
}

function levelsOf(payload: Uint8Array): number {
  const text = Buffer.from(payload).toString().trim();
  if (text === '') return LEVELS;
  const limit = Number(text);
  if (!/^\d{1,4}$/.test(text) || limit < 1 || limit > LEVELS_MAX) throw new RangeError(`levels: a number from 1 to ${LEVELS_MAX}`);
  return limit;
}

/** Whoever asks the wrong partition is told the right one. */
function checkPartition(stream: string, what: string, partition: number): void {
  const right = stream.replace(/-\d+$/, `-${partition}`);
  if (right !== stream) throw new RangeError(`not in ${stream}: ask ${subjects.inspect(right, what)}`);
}

/** Units of 10^-scale as text. */
function decimal(units: bigint, scale: number): string {
  const text = units.toString().padStart(scale + 1, '0');
  return scale === 0 ? text : `${text.slice(0, -scale)}.${text.slice(-scale)}`;
}

function orderView(order: Readonly<SpotOrder>): object {
  const { orderId, clientOrderId, symbol, side, status, priceTicks, origLots, executedLots, reservedUnits } = order;
  const words = { side: nameOf(Side, side) ?? side, status: nameOf(OrderStatus, status) ?? status };
  return { orderId, clientOrderId, symbol, ...words, priceTicks, origLots, executedLots, reservedUnits };
}

/** Amounts are text: they may be beyond what a number of JSON can say. */
export function inspectionJson(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? one.toString() : one), 2));
}
