import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

const folder = '/sys/bus/usb/devices';

/** Vendor and product of what is attached, hubs left out: `1209:0001`. */
export function attached(): string[] {
  return readdirSync(folder)
    .filter((name) => /^\d+-[\d.]+$/.test(name))
    .flatMap((name) => {
      try {
        const word = (file: string): string => readFileSync(`${folder}/${name}/${file}`, 'utf8').trim();
        return [`${word('idVendor')}:${word('idProduct')}`];
      } catch {
        // It was unplugged between two looks.
        return [];
      }
    });
}

/** Resolves when the condition holds; rejects after `seconds`, default 10. */
export async function until(condition: () => boolean, what: string, seconds = 10): Promise<void> {
  const endMs = performance.now() + seconds * 1000;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`not within ${seconds} s: ${what}`);
    await wait(10);
  }
}
