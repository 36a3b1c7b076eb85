import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Duplex } from 'node:stream';

const root = resolve(import.meta.dirname, '../..');

/** Where a test kernel may lie: named, beside the repository, or built by scripts/build-test-kernel.sh. */
const places = [
  process.env.LUMENCAST_TEST_KERNEL,
  resolve(root, '../shared/tools/uml/linux-uml'),
  resolve(root, 'node_modules/.cache/lumencast/linux-uml'),
];

/** User-mode Linux with USB, USB/IP, UVC, vivid and CDC-ACM; undefined: there is none on this machine. */
export const testKernel = process.platform === 'linux' ? places.find((place) => place !== undefined && existsSync(place)) : undefined;

export const defaultSeconds = 60;

export interface GuestSettings {
  /** Path of a program below the repository: TypeScript for the pinned Node, or a shell script. */
  readonly program: string;
  readonly args?: readonly string[];
  /** Default 512. */
  readonly memoryMiB?: number;
  /** After which the program is ended in the guest, default `defaultSeconds`; so no guest outlives a host that was killed. */
  readonly seconds?: number;
}

/** A Linux of its own, running as a process: the host's files read-only, its own /dev, /proc, /sys, loopback and USB. */
export interface Guest extends AsyncDisposable {
  readonly process: ChildProcess;
  /** Descriptor 3 of the program: bytes pass both ways unchanged and with back-pressure. */
  readonly line: { readonly toGuest: Duplex; readonly fromGuest: Duplex };
  /** What the kernel and the program wrote on the console so far, its last 64 KiB. */
  said(): string;
  /** Resolves when the kernel has ended. */
  readonly ended: Promise<void>;
  /** Pulls the guest's mains plug. */
  end(): Promise<void>;
}

export function bootGuest({ program, args = [], memoryMiB = 512, seconds = defaultSeconds }: GuestSettings): Guest {
  if (testKernel === undefined) throw new Error('no test kernel');
  const job = mkdtempSync(join(tmpdir(), 'lumencast-guest-'));
  copyFileSync(join(import.meta.dirname, 'guest-init.sh'), join(job, 'init'), constants.COPYFILE_EXCL);
  const first = program.endsWith('.ts') ? [process.execPath, '--disable-warning=ExperimentalWarning'] : ['bash'];
  writeFileSync(
    join(job, 'job'),
    [
      `export PATH=${quoted(process.env.PATH ?? '')}:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root`,
      `root=${quoted(root)} seconds=${seconds}`,
      `program=(${[...first, resolve(root, program), ...args].map(quoted).join(' ')})`,
      '',
    ].join('\n'),
  );
  const kernelArguments = [
    `mem=${memoryMiB}M`,
    ...['root=/dev/root', 'rootfstype=hostfs', 'rootflags=/', 'ro', `init=${job}/init`, 'quiet', 'loglevel=3'],
    ...['con=null', 'con0=null,fd:1', 'ssl0=fd:3,fd:4', `uml_dir=${job}`],
  ];
  const child = spawn(testKernel, kernelArguments, {
    env: { ...process.env, TMPDIR: memoryFolder(memoryMiB) },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    // A group of its own: every process of the guest is one of the host's, and all are ended together.
    detached: true,
  });
  let said = '';
  const hear = (data: Buffer): void => {
    said = (said + data.toString()).slice(-65_536);
  };
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  const [, , , toGuest, fromGuest] = child.stdio as unknown as [unknown, unknown, unknown, Duplex, Duplex];
  for (const stream of [toGuest, fromGuest]) stream.on('error', () => undefined);
  const orphaned = (): void => killGroup(child);
  process.once('exit', orphaned);
  const ended = once(child, 'close').then(() => {
    process.off('exit', orphaned);
    rmSync(job, { recursive: true, force: true });
  });
  const end = async (): Promise<void> => {
    killGroup(child);
    await ended;
  };
  return { process: child, line: { toGuest, fromGuest }, said: () => said, ended, end, [Symbol.asyncDispose]: end };
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

/** The guest's memory is a file that is mapped with the right to execute: /dev/shm where it is large enough and allows that. */
function memoryFolder(memoryMiB: number): string {
  const shm = '/dev/shm';
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
  const options = mounts.find((mount) => mount.split(' ')[1] === shm)?.split(' ')[3] ?? 'noexec';
  if (options.split(',').includes('noexec')) return tmpdir();
  try {
    accessSync(shm, constants.W_OK);
  } catch {
    return tmpdir();
  }
  const { bavail, bsize } = statfsSync(shm);
  return bavail * bsize > memoryMiB * 2 ** 20 ? shm : tmpdir();
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
