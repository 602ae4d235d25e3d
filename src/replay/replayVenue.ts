// The market a recorded BTC-USD order flow is replayed on: cents and satoshis, no filter that the venue did not have, and
// two accounts, one for each side, that can pay for anything.
import type { Instrument } from '../domain/instrument.ts';
import { OrderType, StpMode, SymbolStatus } from '../domain/orderTerms.ts';
import type { ExchangePort } from '../ports/exchangePort.ts';
import type { CoinbaseSide } from './coinbaseFull.ts';

export const REPLAY_INSTRUMENT: Instrument = {
  symbol: 'BTCUSD',
  baseAsset: 'BTC',
  quoteAsset: 'USD',
  baseScale: 8,
  // One satoshi at one cent is 10^-10 dollars: with ten decimals every notional is exact.
  quoteScale: 10,
  priceScale: 2,
  tickUnits: 1,
  lotUnits: 1,
  quoteUnitsPerTickLot: 1,
  status: SymbolStatus.TRADING,
  orderTypes: Object.values(OrderType),
  icebergAllowed: true,
  ocoAllowed: true,
  otoAllowed: true,
  opoAllowed: true,
  quoteOrderQtyMarketAllowed: true,
  trailingStopAllowed: true,
  cancelReplaceAllowed: true,
  amendAllowed: true,
  pegAllowed: true,
  defaultStpMode: StpMode.NONE,
  allowedStpModes: Object.values(StpMode),
  filters: {
    minPriceTicks: 0,
    maxPriceTicks: 0,
    minLots: 1,
    maxLots: 0,
    marketMinLots: 0,
    marketMaxLots: 0,
    minNotionalUnits: 0n,
    maxNotionalUnits: 0n,
    applyMinNotionalToMarket: false,
    applyMaxNotionalToMarket: false,
    multiplierUp: 0,
    multiplierDown: 0,
    bidMultiplierUp: 0,
    bidMultiplierDown: 0,
    askMultiplierUp: 0,
    askMultiplierDown: 0,
    avgPriceMins: 5,
    icebergParts: 0,
    maxNumOrders: 0,
    maxNumAlgoOrders: 0,
    maxNumIcebergOrders: 0,
    maxNumOrderLists: 0,
    maxNumOrderAmends: 0,
    maxPositionUnits: 0n,
    minTrailingAboveDelta: 0,
    maxTrailingAboveDelta: 0,
    minTrailingBelowDelta: 0,
    maxTrailingBelowDelta: 0,
  },
  haltReason: '',
  updateUs: 0,
};

/** Near the most an account can hold. */
const FUNDS_UNITS = 4n * 10n ** 18n;

export async function openReplayAccounts(exchange: ExchangePort): Promise<Readonly<Record<CoinbaseSide, number>>> {
  const open = async (name: string, asset: string): Promise<number> => {
    const { accountId } = await exchange.admin.createAccount({ name });
    const result = await exchange.admin.deposit({ accountId, requestId: 'replay', asset, units: FUNDS_UNITS });
    if (!result.ok) throw new Error(`funding the replay: ${result.reason.text}`);
    return accountId;
  };
  return { BUY: await open('replay buyer', REPLAY_INSTRUMENT.quoteAsset), SELL: await open('replay seller', REPLAY_INSTRUMENT.baseAsset) };
}
