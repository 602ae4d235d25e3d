// What a process does of the exchange. A role is a stage; embedded, one process has them all.

export const ROLES = ['acquiring', 'admin', 'settlement', 'match', 'kline', 'push', 'history'] as const;
export type Role = (typeof ROLES)[number];

/** 'match,kline' or 'all'. Throws a RangeError that lists the roles on anything else. */
export function parseRoles(text: string): ReadonlySet<Role> {
  const roles = new Set<Role>();
  for (const name of text.split(',').map((part) => part.trim())) {
    if (name === 'all') for (const role of ROLES) roles.add(role);
    else if ((ROLES as readonly string[]).includes(name)) roles.add(name as Role);
    else throw new RangeError(`no such role: '${name.slice(0, 40)}'; roles are ${ROLES.join(', ')} and all`);
  }
  return roles;
}

/** Acquiring and push serve clients: both follow every log and both take commands, so that either can sit behind any URL. */
export function servesClients(roles: ReadonlySet<Role>): boolean {
  return roles.has('acquiring') || roles.has('push');
}
