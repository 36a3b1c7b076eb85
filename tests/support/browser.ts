import { existsSync } from 'node:fs';
import { type Browser, chromium, type LaunchOptions } from 'playwright-core';

/** Where Linux distributions and CHROMIUM_PATH put the browser. */
const places = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The system's Chromium; undefined: tests that need one are to be skipped. */
export const browserPath = places.find((place) => place !== undefined && existsSync(place));

/** Opens the browser without a window, where nothing else is asked for, and without a word to anybody outside. */
export function openBrowser({ args = [], ...more }: LaunchOptions = {}): Promise<Browser> {
  if (browserPath === undefined) throw new Error('no Chromium here; set CHROMIUM_PATH');
  return chromium.launch({
    ...more,
    executablePath: browserPath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...args,
    ],
  });
}
