// Entities as native answers show them: exact decimal texts, words beside codes, milliseconds. Shapes are schemas.ts's.
import type { AccountProfile, ApiKey } from '../../domain/accountProfile.ts';
import { ApiKeyKind } from '../../domain/accountProfile.ts';
import { type Balance, BalanceCause } from '../../domain/balance.ts';
import type { Instrument } from '../../domain/instrument.ts';
import type { KLine } from '../../domain/klineEntry.ts';
import { isTerminal, OrderStatus } from '../../domain/orderStatus.ts';
import {
  ContingencyType,
  ExpiryReason,
  ListLeg,
  ListOrderStatus,
  ListStatusType,
  nameOf,
  OrderType,
  PegOffsetType,
  PegPriceType,
  Side,
  StpMode,
  TimeInForce,
} from '../../domain/orderTerms.ts';
import { engineReject } from '../../domain/rejectReason.ts';
import { leavesLots, type SpotOrder } from '../../domain/spotOrder.ts';
import type { SpotOrderList } from '../../domain/spotOrderList.ts';
import type { SpotTrade } from '../../domain/spotTrade.ts';
import type { OrderReport, Registry } from '../../ports/exchangePort.ts';
import type { BookTicker, Level, WindowStats } from '../../ports/marketData.ts';
import { formatPrice, formatQuantity, formatQuote, formatRate, formatUnits } from '../units.ts';

/** Words by code, looked up on every order shown. */
function words(terms: Readonly<Record<string, number>>): (code: number) => string {
  const byCode: string[] = [];
  for (const name in terms) byCode[terms[name] as number] = name;
  return (code) => byCode[code] ?? String(code);
}
const sideWord = words(Side);
const typeWord = words(OrderType);
const tifWord = words(TimeInForce);
const statusWord = words(OrderStatus);
const stpWord = words(StpMode);
const expiryWord = words(ExpiryReason);
const legWord = words(ListLeg);
const pegWord = words(PegPriceType);
const offsetWord = words(PegOffsetType);

export function ms(us: number): number {
  return Math.floor(us / 1000);
}

export interface OrderView {
  [key: string]: unknown;
}

export function orderView(order: Readonly<SpotOrder>, instrument: Instrument): OrderView {
  const view: OrderView = {
    orderId: order.orderId,
    clientOrderId: order.clientOrderId,
    symbol: order.symbol,
    side: sideWord(order.side),
    type: typeWord(order.type),
    timeInForce: tifWord(order.timeInForce),
    statusCode: order.status,
    status: statusWord(order.status),
    price: formatPrice(instrument, order.priceTicks),
    quantity: formatQuantity(instrument, order.origLots),
    executedQuantity: formatQuantity(instrument, order.executedLots),
    leavesQuantity: formatQuantity(instrument, isTerminal(order.status) ? 0 : Math.max(leavesLots(order), 0)),
    executedQuoteQuantity: formatQuote(instrument, order.cumQuoteUnits),
    selfTradePrevention: stpWord(order.stpMode),
    createTime: ms(order.createdUs),
    updateTime: ms(order.updateUs),
  };
  addRareTerms(view, order, instrument);
  return view;
}

/** Present only where they say something. */
function addRareTerms(view: OrderView, order: Readonly<SpotOrder>, instrument: Instrument): void {
  if (order.workingUs !== 0) view.workingTime = ms(order.workingUs);
  if (order.origQuoteUnits !== 0n) view.quoteQuantity = formatQuote(instrument, order.origQuoteUnits);
  if (order.stopPriceTicks !== 0) view.stopPrice = formatPrice(instrument, order.stopPriceTicks);
  if (order.trailingDelta !== 0) view.trailingDelta = order.trailingDelta;
  if (order.trailingUs !== 0) view.trailingTime = ms(order.trailingUs);
  if (order.icebergLots !== 0) view.icebergQuantity = formatQuantity(instrument, order.icebergLots);
  if (order.expireUs !== 0) view.goodTillDate = ms(order.expireUs);
  if (order.orderListId !== -1) {
    view.orderListId = order.orderListId;
    view.listLeg = legWord(order.listLeg);
  }
  if (order.strategyId !== null) {
    view.strategy = order.strategyType === null ? { id: order.strategyId } : { id: order.strategyId, type: order.strategyType };
  }
  if (order.pegPriceType !== PegPriceType.NONE) view.peg = pegView(order, instrument);
  if (order.preventedLots !== 0) view.preventedQuantity = formatQuantity(instrument, order.preventedLots);
  if (order.expiryReason !== ExpiryReason.NONE) view.expiryReason = expiryWord(order.expiryReason);
  if (order.amendCount !== 0) view.amendCount = order.amendCount;
  const reject = engineReject(order.rejectCode);
  if (reject !== undefined) view.reject = { code: reject.apiCode, msg: reject.text };
}

function pegView(order: Readonly<SpotOrder>, instrument: Instrument): object {
  return {
    priceType: pegWord(order.pegPriceType),
    ...(order.pegOffsetType === PegOffsetType.NONE
      ? {}
      : { offsetType: offsetWord(order.pegOffsetType), offsetValue: order.pegOffsetValue }),
    ...(order.peggedPriceTicks === 0 ? {} : { price: formatPrice(instrument, order.peggedPriceTicks) }),
  };
}

/** An order with the executions its command caused. */
export function reportView(report: OrderReport, instrument: Instrument): OrderView {
  const view = orderView(report.order, instrument);
  const isBuyer = report.order.side === Side.BUY;
  view.fills = report.fills.map((trade) => fillView(trade, instrument, isBuyer));
  if (report.requestClientOrderId !== '') view.requestClientOrderId = report.requestClientOrderId;
  if (report.origClientOrderId !== report.order.clientOrderId) view.origClientOrderId = report.origClientOrderId;
  view.executionId = report.executionId;
  view.time = ms(report.timeUs);
  return view;
}

export function fillView(trade: SpotTrade, instrument: Instrument, isBuyer: boolean): object {
  return {
    tradeId: trade.tradeId,
    price: formatPrice(instrument, trade.priceTicks),
    quantity: formatQuantity(instrument, trade.lots),
    quoteQuantity: formatQuote(instrument, trade.quoteUnits),
    fee: feeText(trade, instrument, isBuyer),
    feeAsset: isBuyer ? instrument.baseAsset : instrument.quoteAsset,
    isMaker: trade.buyerIsMaker === isBuyer,
    time: ms(trade.tradeUs),
  };
}

/** Withheld from the asset received: base for the buyer, quote for the seller. */
function feeText(trade: SpotTrade, instrument: Instrument, isBuyer: boolean): string {
  return isBuyer ? formatUnits(trade.buyerFeeUnits, instrument.baseScale) : formatUnits(trade.sellerFeeUnits, instrument.quoteScale);
}

export function listView(list: Readonly<SpotOrderList>): OrderView {
  return {
    orderListId: list.orderListId,
    clientOrderId: list.listClientOrderId,
    symbol: list.symbol,
    type: nameOf(ContingencyType, list.contingencyType),
    listStatus: nameOf(ListStatusType, list.statusType),
    listOrderStatus: nameOf(ListOrderStatus, list.orderStatus),
    orderIds: list.orderIds,
    createTime: ms(list.createdUs),
    updateTime: ms(list.updateUs),
  };
}

/** An execution of the account; a self-trade shows once for each side. */
export function accountTradeViews(trade: SpotTrade, instrument: Instrument, accountId: number): object[] {
  const side = (isBuyer: boolean): object => ({
    symbol: trade.symbol,
    orderId: isBuyer ? trade.buyerOrderId : trade.sellerOrderId,
    side: isBuyer ? 'BUY' : 'SELL',
    ...fillView(trade, instrument, isBuyer),
  });
  const views: object[] = [];
  if (trade.buyerAccountId === accountId) views.push(side(true));
  if (trade.sellerAccountId === accountId) views.push(side(false));
  return views;
}

export function tradeView(trade: SpotTrade, instrument: Instrument): object {
  return {
    tradeId: trade.tradeId,
    price: formatPrice(instrument, trade.priceTicks),
    quantity: formatQuantity(instrument, trade.lots),
    quoteQuantity: formatQuote(instrument, trade.quoteUnits),
    takerSide: trade.buyerIsMaker ? 'SELL' : 'BUY',
    time: ms(trade.tradeUs),
  };
}

export function levelsView(levels: readonly Level[], instrument: Instrument): [string, string][] {
  return levels.map(([ticks, lots]) => [formatPrice(instrument, ticks), formatQuantity(instrument, lots)]);
}

export function klineView(kline: KLine, instrument: Instrument): object {
  return {
    openTime: ms(kline.openUs),
    closeTime: ms(kline.closeUs),
    open: formatPrice(instrument, kline.openTicks),
    high: formatPrice(instrument, kline.highTicks),
    low: formatPrice(instrument, kline.lowTicks),
    close: formatPrice(instrument, kline.closeTicks),
    volume: formatQuantity(instrument, kline.volumeLots),
    quoteVolume: formatQuote(instrument, kline.quoteUnits),
    trades: kline.trades,
    takerBuyVolume: formatQuantity(instrument, kline.takerBuyLots),
    takerBuyQuoteVolume: formatQuote(instrument, kline.takerBuyQuoteUnits),
    closed: kline.closed,
  };
}

/** Rolling statistics with the best prices; prices are "0" where there is none. */
export function tickerView(stats: WindowStats, book: BookTicker, instrument: Instrument): object {
  return {
    symbol: instrument.symbol,
    openTime: ms(stats.openUs),
    closeTime: ms(stats.closeUs),
    open: formatPrice(instrument, stats.openTicks),
    high: formatPrice(instrument, stats.highTicks),
    low: formatPrice(instrument, stats.lowTicks),
    last: formatPrice(instrument, stats.closeTicks),
    lastQuantity: formatQuantity(instrument, stats.lastLots),
    volume: formatQuantity(instrument, stats.volumeLots),
    quoteVolume: formatQuote(instrument, stats.quoteUnits),
    trades: stats.trades,
    ...bookTickerView(book, instrument),
  };
}

export function bookTickerView(book: BookTicker, instrument: Instrument): object {
  return {
    symbol: instrument.symbol,
    updateId: book.updateId,
    bidPrice: formatPrice(instrument, book.bidTicks),
    bidQuantity: formatQuantity(instrument, book.bidLots),
    askPrice: formatPrice(instrument, book.askTicks),
    askQuantity: formatQuantity(instrument, book.askLots),
  };
}

/** Amounts of an asset no symbol uses cannot be scaled: they do not occur, balances come from deposits of known assets. */
export function balanceView(balance: Readonly<Balance>, registry: Registry): object {
  const scale = registry.assetScale(balance.asset) ?? 0;
  return {
    asset: balance.asset,
    free: formatUnits(balance.free, scale),
    locked: formatUnits(balance.locked, scale),
    updateTime: ms(balance.updateUs),
  };
}

export function balanceChangeView(change: Readonly<Balance> & { readonly entrySequence: number }, registry: Registry): object {
  return {
    id: change.entrySequence,
    ...balanceView(change, registry),
    cause: nameOf(BalanceCause, change.cause),
    ...(change.requestId === '' ? {} : { requestId: change.requestId }),
  };
}

export function profileView(profile: Readonly<AccountProfile>): object {
  const rates = (r: AccountProfile['rates']): object => ({ maker: formatRate(r.makerRate), taker: formatRate(r.takerRate) });
  return {
    accountId: profile.accountId,
    name: profile.name,
    fees: rates(profile.rates),
    symbolFees: Object.fromEntries(Object.entries(profile.symbolRates).map(([symbol, r]) => [symbol, rates(r)])),
    canTrade: profile.canTrade,
    canDeposit: profile.canDeposit,
    canWithdraw: profile.canWithdraw,
    frozen: profile.frozen,
    ...(profile.tradeGroupId === -1 ? {} : { tradeGroupId: profile.tradeGroupId }),
    createTime: ms(profile.createdUs),
    updateTime: ms(profile.updateUs),
  };
}

/** Never the secret. */
export function apiKeyView(key: Readonly<ApiKey>): object {
  return {
    apiKey: key.apiKey,
    accountId: key.accountId,
    kind: nameOf(ApiKeyKind, key.kind),
    label: key.label,
    canTrade: key.canTrade,
    ipAllowList: key.ipAllowList,
    revoked: key.revoked,
    ...(key.kind === ApiKeyKind.HMAC ? {} : { publicKey: key.secret }),
    createTime: ms(key.createdUs),
    updateTime: ms(key.updateUs),
  };
}
