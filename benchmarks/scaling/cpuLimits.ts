// Processor time limits for single processes, so that two cores stand in for many machines: the cpu controller of Linux's control
// groups, version 1 or 2. Needs the right to make groups (root); says why when it cannot.
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Short, so that a limited process stands still for milliseconds and not for a tenth of a second. */
const PERIOD_US = 20_000;

interface Hierarchy {
  /** Where groups are folders. */
  readonly root: string;
  readonly version: 1 | 2;
}

export class CpuLimits {
  readonly #hierarchy: Hierarchy;
  readonly #name: string;
  readonly #groups = new Map<number, string>();

  private constructor(hierarchy: Hierarchy, name: string) {
    this.#hierarchy = hierarchy;
    this.#name = name;
  }

  /** Why there are none is the text in their place. `mounts` as in /proc/mounts. */
  static open(mounts: () => string = () => readFileSync('/proc/mounts', 'utf8')): CpuLimits | string {
    let hierarchy: Hierarchy | undefined;
    try {
      hierarchy = cpuHierarchy(mounts());
    } catch (error) {
      return `no control groups on this system (${(error as Error).message})`;
    }
    if (hierarchy === undefined) return 'no cpu controller among the control groups that are mounted';
    const limits = new CpuLimits(hierarchy, `sedax-${process.pid}`);
    try {
      if (hierarchy.version === 2) writeFileSync(join(hierarchy.root, 'cgroup.subtree_control'), '+cpu');
      limits.#make('probe', 1);
      rmdirSync(limits.#path('probe'));
    } catch (error) {
      return `processor time cannot be limited (${(error as Error).message})`;
    }
    return limits;
  }

  /** At most this share of one core, all threads together. */
  limit(pid: number, share: number): void {
    const known = this.#groups.get(pid);
    if (known !== undefined) {
      this.#set(known, share);
      return;
    }
    const group = this.#make(String(pid), share);
    this.#groups.set(pid, group);
    writeFileSync(join(group, 'cgroup.procs'), String(pid));
  }

  /** As much as there is. */
  lift(pid: number): void {
    const group = this.#groups.get(pid);
    if (group !== undefined) this.#set(group, undefined);
  }

  /** Periods of the process so far, and those in which it wanted more than it was given. */
  throttled(pid: number): { readonly periods: number; readonly throttled: number } {
    const group = this.#groups.get(pid);
    const stat = group === undefined ? '' : readFileSync(join(group, 'cpu.stat'), 'utf8');
    const value = (name: string): number => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(stat)?.[1] ?? 0);
    return { periods: value('nr_periods'), throttled: value('nr_throttled') };
  }

  /** After the processes have ended. */
  close(): void {
    for (const group of this.#groups.values()) if (existsSync(group)) rmdirSync(group);
    this.#groups.clear();
  }

  #path(group: string): string {
    return join(this.#hierarchy.root, `${this.#name}-${group}`);
  }

  #make(name: string, share: number): string {
    const group = this.#path(name);
    mkdirSync(group);
    this.#set(group, share);
    return group;
  }

  #set(group: string, share: number | undefined): void {
    const quotaUs = share === undefined ? undefined : Math.round(share * PERIOD_US);
    if (this.#hierarchy.version === 2) {
      writeFileSync(join(group, 'cpu.max'), `${quotaUs ?? 'max'} ${PERIOD_US}`);
      return;
    }
    writeFileSync(join(group, 'cpu.cfs_period_us'), String(PERIOD_US));
    writeFileSync(join(group, 'cpu.cfs_quota_us'), String(quotaUs ?? -1));
  }
}

function cpuHierarchy(mounts: string): Hierarchy | undefined {
  const rows = mounts.split('\n').map((line) => line.split(' '));
  const first = rows.find(([, , type, options]) => type === 'cgroup' && (options ?? '').split(',').includes('cpu'));
  if (first !== undefined) return { root: first[1]!, version: 1 };
  for (const [, root = '', type] of rows) {
    if (type !== 'cgroup2') continue;
    if (readFileSync(join(root, 'cgroup.controllers'), 'utf8').split(/\s/).includes('cpu')) return { root, version: 2 };
  }
  return undefined;
}
