import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

const places = ['/lib/systemd/systemd-udevd', '/usr/lib/systemd/systemd-udevd', '/usr/bin/udevadm'];

/** Debian's package `udev`. */
export const udevd = places.find((place) => existsSync(place));

/** Starts a udevd in the guest, so that its events reach libudev; resolves when it answers. */
export async function startUdevd(): Promise<AsyncDisposable> {
  if (udevd === undefined) throw new Error('no udevd: install Debian’s package udev');
  const child = spawn(udevd, [], { argv0: 'systemd-udevd', stdio: ['ignore', 'inherit', 'inherit'] });
  const ended = once(child, 'exit');
  for (let tries = 0; !existsSync('/run/udev/control'); tries++) {
    if (tries > 100 || child.exitCode !== null) throw new Error('udevd did not start');
    await wait(50);
  }
  execFileSync('udevadm', ['settle', '--timeout=10']);
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
