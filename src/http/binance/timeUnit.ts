// Times are microseconds inside; a client reads milliseconds unless it asked for microseconds.
import { BinanceError } from './binanceError.ts';

export type TimeUnit = 'MILLISECOND' | 'MICROSECOND';

/** Value of X-MBX-TIME-UNIT or of timeUnit= in a URL; absent or empty = milliseconds. */
export function parseTimeUnit(text: string | undefined): TimeUnit {
  switch (text) {
    case undefined:
    case '':
    case 'MILLISECOND':
    case 'millisecond':
      return 'MILLISECOND';
    case 'MICROSECOND':
    case 'microsecond':
      return 'MICROSECOND';
    default:
      throw new BinanceError(-1194, 'Invalid value for time unit; expected either MICROSECOND or MILLISECOND.');
  }
}

export type TimePrinter = (us: number) => number;

const asMilliseconds: TimePrinter = (us) => Math.floor(us / 1000);
const asMicroseconds: TimePrinter = (us) => us;

export function timePrinter(unit: TimeUnit): TimePrinter {
  return unit === 'MICROSECOND' ? asMicroseconds : asMilliseconds;
}
