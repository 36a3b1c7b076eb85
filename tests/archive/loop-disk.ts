import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system in a file: a disk that can be full, refuse, fail, and lose its power. */
export class LoopDisk implements Disposable {
  readonly path: string;
  readonly #folder: string;
  #isFrozen = false;

  /** `image`: of another one as it was at a moment; else it is empty. */
  constructor(mebibytes: number, image?: string) {
    this.#folder = mkdtempSync(join(tmpdir(), 'lumencast-disk-'));
    this.path = join(this.#folder, 'mounted');
    mkdirSync(this.path);
    if (image === undefined) {
      run('truncate', '-s', `${mebibytes}M`, this.image);
      run('mkfs.ext4', '-q', '-F', this.image);
    } else run('cp', '--sparse=always', image, this.image);
    run('mount', '-o', 'loop,errors=remount-ro', this.image, this.path);
  }

  get image(): string {
    return join(this.#folder, 'disk.img');
  }

  /** Everything so far is on disk. */
  sync(): void {
    run('sync', '-f', this.path);
  }

  /** The disk as it is found after the power failed at this moment: without what only lay in memory. */
  afterPowerCut(): LoopDisk {
    return new LoopDisk(0, this.image);
  }

  remount(mode: 'ro' | 'rw'): void {
    run('mount', '-o', `remount,${mode}`, this.path);
  }

  /** The file system finds an error in itself, and refuses writes from then on (ext4(5), errors=remount-ro). */
  fail(): void {
    const [device = ''] = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([, mounted]) => mounted === this.path)
      .map(([source]) => source);
    const name = /^\/dev\/(loop[0-9]+)$/.exec(device)?.[1];
    if (name === undefined) throw new Error(`${this.path} is on no loop device`);
    writeFileSync(`/sys/fs/ext4/${name}/trigger_fs_error`, 'test');
  }

  /** Whatever writes waits until it is thawed (fsfreeze(8)). */
  freeze(): void {
    run('fsfreeze', '--freeze', this.path);
    this.#isFrozen = true;
  }

  thaw(): void {
    run('fsfreeze', '--unfreeze', this.path);
    this.#isFrozen = false;
  }

  [Symbol.dispose](): void {
    if (this.#isFrozen) this.thaw();
    // Lazily, where a process that was just killed still holds it.
    if (spawnSync('umount', [this.path]).status !== 0) run('umount', '-l', this.path);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Why there are no such disks here; undefined: there are. */
export function whyNoDisks(): string | undefined {
  if (process.platform !== 'linux') return 'not Linux';
  if (process.getuid?.() !== 0) return 'needs root to mount';
  if (!existsSync('/usr/sbin/mkfs.ext4') && !existsSync('/sbin/mkfs.ext4')) return 'needs mkfs.ext4 (e2fsprogs)';
  try {
    new LoopDisk(8)[Symbol.dispose]();
    return undefined;
  } catch (thrown) {
    return `no loop device can be mounted: ${(thrown as Error).message}`;
  }
}

function run(program: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  if (status !== 0) throw new Error(`${program} ${args[0]}: ${error?.message ?? stderr.trim()}`);
}
