// Every order type, list and cancel of the Binance REST suite, with each command, query and admin change asked over the bus.
import { Venue } from '../pipeline/venue.ts';

Venue.distributed = true;
await import('../pipeline/binanceRest.test.ts');
