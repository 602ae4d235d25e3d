// Client ids the venue makes up where a client sent none: 22 letters and digits, as Binance's look.
import { randomFillSync } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const LENGTH = 22;

// One draw of randomness serves many ids: drawing per id costs more than the rest of an order's parsing.
const pool = new Uint8Array(LENGTH * 512);
let used = pool.length;

export function randomClientId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  let id = '';
  for (const end = used + LENGTH; used < end; used++) id += ALPHABET[(pool[used] as number) % ALPHABET.length];
  return id;
}
