import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe } from 'vitest';
import { bootGuest, defaultSeconds, type GuestSettings, testKernel } from './boot.ts';

const usbip = ['/usr/sbin/usbip', '/usr/bin/usbip'].some(existsSync);
const missing = testKernel === undefined ? 'no test kernel' : usbip ? undefined : 'no usbip: install Debian’s package usbip';

/** Tests that need the test kernel: skipped where there is none, and said so. */
export function describeOnKernel(name: string, tests: () => void): void {
  if (missing === undefined) return void describe(name, tests);
  process.stderr.write(`lumencast: ${missing}; skipped: ${name}\n`);
  // The kernel takes minutes to build, and not every machine runs one as a process: without it there is no USB stack to test on.
  describe.skip(`${name} (${missing})`, tests);
}

export interface GuestReport<Line> {
  /** What the program told by `tell`, in order. */
  readonly told: readonly Line[];
  /** What stood on the guest's console. */
  readonly console: string;
}

/**
 * Boots a guest, runs the program in it and resolves with what it told.
 * Rejects, with the console, when the program ends with another status than 0 or takes longer than `seconds`.
 */
export async function runGuest<Line>(settings: GuestSettings): Promise<GuestReport<Line>> {
  await using guest = bootGuest(settings);
  const patience = setTimeout(() => void guest.end(), ((settings.seconds ?? defaultSeconds) + bootSeconds) * 1000);
  const told: Line[] = [];
  let status: number | undefined;
  for await (const line of createInterface({ input: guest.line.fromGuest })) {
    const value = JSON.parse(line) as Line & { status?: number };
    if (Object.keys(value as object).join() === 'status') status = value.status;
    else told.push(value);
    if (status !== undefined) break;
  }
  clearTimeout(patience);
  if (status === 0) return { told, console: guest.said() };
  const how = status === undefined || status === timedOut ? 'was not done in time' : `ended with status ${status}`;
  const lines = told.map((line) => JSON.stringify(line)).join('\n');
  throw new Error(`${settings.program} ${how}\ntold:\n${lines}\nconsole:\n${guest.said().slice(-6000)}`);
}

const bootSeconds = 15;
/** What timeout(1) returns. */
const timedOut = 124;
