// Which member works which partition: rendezvous hashing with even load. Every process computes the same answer from the
// same list of members, asks nobody, and a member that comes or goes moves few partitions but its own.

/**
 * No two members differ by more than one partition: partitions are few, and plain rendezvous hashing would spread ten over two
 * members as seven and three. Members and partitions in any order give the same result; no members, no assignment.
 */
export function assign(partitions: readonly string[], members: readonly string[]): ReadonlyMap<string, string> {
  const assigned = new Map<string, string>();
  if (members.length === 0) return assigned;
  const share = Math.floor(partitions.length / members.length);
  // So many have one above it. Were it everybody's to take, ten over four would be 3, 3, 3 and 1.
  let larger = partitions.length % members.length;
  const load = new Map<string, number>(members.map((member) => [member, 0]));
  const wishes = partitions
    .flatMap((partition) => members.map((member) => ({ partition, member, weight: weightOf(partition, member) })))
    .sort((a, b) => b.weight - a.weight || compare(a.partition, b.partition) || compare(a.member, b.member));
  for (const { partition, member } of wishes) {
    const carried = load.get(member) ?? 0;
    if (assigned.has(partition) || carried > share || (carried === share && larger === 0)) continue;
    if (carried === share) larger--;
    assigned.set(partition, member);
    load.set(member, carried + 1);
  }
  return assigned;
}

/** FNV-1a over both names, stirred: neighbours like 'match-1' and 'match-2' must not prefer the same member. */
function weightOf(partition: string, member: string): number {
  let hash = 0x811c9dc5;
  for (const text of [member, '|', partition]) {
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
