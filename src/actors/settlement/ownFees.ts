// Commissions on their way to the partition's own account, added up on the way: a step of a thousand fills forwards two sums.
import type { Fee } from '../../domain/account/account.ts';

/** Made to be forwarded: those of other accounts of the same step are added to it. */
export type OwnFee = { -readonly [K in keyof Fee]: Fee[K] };

export function withFee(fees: OwnFee[] | undefined, asset: string, units: bigint): OwnFee[] | undefined {
  if (units === 0n) return fees;
  if (fees === undefined) return [{ asset, units }];
  addFee(fees, asset, units);
  return fees;
}

/** Fees of an asset are looked for among the first of them and added up: mostly there are two. */
const FEES_LOOKED_AT = 8;

export function addFee(fees: OwnFee[], asset: string, units: bigint): void {
  for (let i = 0; i < fees.length && i < FEES_LOOKED_AT; i++) {
    const fee = fees[i] as OwnFee;
    if (fee.asset !== asset) continue;
    fee.units += units;
    return;
  }
  fees.push({ asset, units });
}
