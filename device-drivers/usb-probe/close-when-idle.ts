import { setTimeout as wait } from 'node:timers/promises';

const tryEveryMs = 50;
/** Linux gives a control transfer of its own up to 5 s, such as the one that clears an endpoint. */
const patienceMs = 30_000;

/**
 * Closes a device at which a call may still be under way: node-usb refuses that, and a device that stays open is taken for one that is
 * in use. Resolves when it is closed, or after a bounded wait; never throws, and keeps no process alive.
 */
export async function closeWhenIdle(device: { close(): void }): Promise<void> {
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += tryEveryMs) {
    try {
      device.close();
      return;
    } catch {
      await wait(tryEveryMs, undefined, { ref: false });
    }
  }
}
