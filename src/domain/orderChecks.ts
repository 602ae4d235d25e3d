// The checks at the door, by what they check. Pure functions: undefined = passes.
export { checkInstrument } from './instrumentChecks.ts';
export { checkNewOrder, checkQuantity, type MarketContext } from './newOrderChecks.ts';
export { checkOrderList } from './orderListChecks.ts';
