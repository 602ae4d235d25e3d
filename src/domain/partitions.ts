// Which partition owns what. Pure functions of the id and the number of partitions, equal in every process.

export function accountPartition(accountId: number, partitions: number): number {
  return accountId % partitions;
}

/** Order and list ids carry their account's partition, so that a trade finds its settlement without a lookup. */
export function orderPartition(orderId: number, partitions: number): number {
  return orderId % partitions;
}

/** FNV-1a of the symbol. */
export function symbolPartition(symbol: string, partitions: number): number {
  if (partitions === 1) return 0;
  let hash = 0x811c9dc5;
  for (let i = 0; i < symbol.length; i++) hash = Math.imul(hash ^ symbol.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % partitions;
}
