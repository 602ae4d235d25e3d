// A real disk of a few megabytes for tests that fill it: a tmpfs, which only root may mount, and only on Linux.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export class SmallDisk {
  readonly dir: string;
  readonly #ballast: string;

  private constructor(dir: string) {
    this.dir = dir;
    this.#ballast = join(dir, 'ballast');
  }

  /** Why there can be no small disk here; undefined when there can. */
  static whyNot(): string | undefined {
    return process.platform !== 'linux' || process.getuid?.() !== 0 ? 'only root can mount a small disk, and only on Linux' : undefined;
  }

  /** Mounted at `dir`, which is made; a text that says why not when it can't be. */
  static mount(dir: string, megabytes: number): SmallDisk | string {
    const whyNot = SmallDisk.whyNot();
    if (whyNot !== undefined) return whyNot;
    mkdirSync(dir, { recursive: true });
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', dir], { stdio: 'ignore' });
      return new SmallDisk(dir);
    } catch {
      return 'a tmpfs can not be mounted here';
    }
  }

  /** Somebody else takes the room, all but so many bytes. */
  fillUp(left: number): void {
    const { bavail, bsize } = statfsSync(this.dir);
    writeFileSync(this.#ballast, Buffer.alloc(Math.max(0, bavail * bsize - left)));
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.dir);
    return bavail * bsize;
  }

  /** There is room again. */
  makeRoom(): void {
    rmSync(this.#ballast, { force: true });
  }

  unmount(): void {
    execFileSync('umount', ['-l', this.dir]);
  }
}
