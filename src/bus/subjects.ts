// Names of streams and subjects. The topic comes first, so that `nats sub 'spot.*.*.*.BTCUSDT'` shows a symbol's life.

/** Last token of a step that concerns more than one symbol or account. */
export const MIXED = '_';

export const streams = {
  admin: 'admin',
  accounts: (partition: number): string => `accounts-${partition}`,
  markets: (partition: number): string => `markets-${partition}`,
  klines: (partition: number): string => `klines-${partition}`,
};

export const subjects = {
  /** Orders accepted and requested by the accounts of partition p. */
  orderAcquiring: (partition: number, symbol: string): string => `spot.order.acquiring.${partition}.${symbol}`,
  /** Balances after settlement, deposits, withdrawals. */
  balanceSettlement: (partition: number, account: string): string => `spot.balance.settlement.${partition}.${account}`,
  /** A step of the symbol's writer that holds trades. */
  tradeMatch: (partition: number, symbol: string): string => `spot.trade.match.${partition}.${symbol}`,
  /** A step of the symbol's writer without trades. */
  orderMatch: (partition: number, symbol: string): string => `spot.order.match.${partition}.${symbol}`,
  kline: (partition: number, symbol: string): string => `spot.kline.kline.${partition}.${symbol}`,
  admin: (what: string): string => `spot.admin.admin.0.${what}`,
  /** Ownership: a writer took the partition's stream. */
  epoch: (stream: string): string => `spot.epoch.${stream.replace('-', '.')}`,
  /** Requests to the writer of a stream in one epoch: 'spot.ask.accounts.3.command.17'. In no stream: they are not kept. */
  ask: (stream: string, endpoint: string, epoch: number): string => `spot.ask.${stream.replace('-', '.')}.${endpoint}.${epoch}`,
  /** What a person asks the owner of a stream, whatever its epoch: 'spot.inspect.markets.3.book.BTCUSDT'. */
  inspect: (stream: string, what: string): string => `spot.inspect.${stream.replace('-', '.')}.${what}`,
  /** What a process says of itself. */
  inspectProcess: (id: string): string => `spot.inspect.process.${id}`,
  /** Queries to the history processes, which share them. */
  historyQuery: 'spot.ask.history.query',
  /** The parts of an answer that one history process holds. */
  historyParts: (server: string): string => `spot.ask.history.parts.${server}`,
};

/** Every subject that stream holds. */
export function subjectsOf(stream: string): readonly string[] {
  const [topic = '', partition = '0'] = stream.split('-');
  const epoch = `spot.epoch.${topic}.${partition}`;
  switch (topic) {
    case 'accounts':
      return [`spot.order.acquiring.${partition}.>`, `spot.balance.settlement.${partition}.>`, epoch];
    case 'markets':
      return [`spot.trade.match.${partition}.>`, `spot.order.match.${partition}.>`, epoch];
    case 'klines':
      return [`spot.kline.kline.${partition}.>`, epoch];
    case 'admin':
      return ['spot.admin.admin.0.>', 'spot.epoch.admin'];
    default:
      throw new Error(`no such stream: ${stream}`);
  }
}

/** NATS matching: '*' stands for one token, a last '>' for one or more. */
export function matchesFilter(filter: string, subject: string): boolean {
  if (filter === subject || filter === '>') return true;
  const want = filter.split('.');
  const have = subject.split('.');
  for (let i = 0; i < want.length; i++) {
    if (want[i] === '>') return have.length > i;
    if (i >= have.length || (want[i] !== '*' && want[i] !== have[i])) return false;
  }
  return want.length === have.length;
}
