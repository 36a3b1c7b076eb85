import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

/*
 * Reads a virtual screen's memory (Xvfb -fbdir: a file in the format of xwd(1)) a thousand times a second and tells when the bar code on it
 * changed: what an eye would see, whoever drew it.
 */

/** Where on the screen the blocks of the bar code are: the middle of the first, and how far it is to the next, in pixels. */
export interface BarsPlace {
  readonly screen: string;
  readonly x: number;
  readonly y: number;
  readonly step: number;
}

/** A new bar code, and when it was seen: milliseconds since 1970. */
export interface SeenBars {
  readonly index: number;
  readonly unixMs: number;
}

const bars = 7;
const { screen, x, y, step } = workerData as BarsPlace;
const file = openSync(screen, 'r');
// XWDFile.h: big-endian words; the header's length first, then at 12 the number of colours, of 12 bytes each, at 19, and at 12 the bytes of a line.
const header = Buffer.alloc(100);
readSync(file, header, 0, header.length, 0);
const [headerBytes, lineBytes, colours] = [header.readUInt32BE(0), header.readUInt32BE(12 * 4), header.readUInt32BE(19 * 4)];
const firstPixel = headerBytes + colours * 12 + Math.round(y) * lineBytes + Math.round(x) * 4;
const line = Buffer.alloc(Math.ceil(bars * step) * 4);
let before = -1;

const timer = setInterval(() => {
  readSync(file, line, 0, line.length, firstPixel);
  const unixMs = performance.timeOrigin + performance.now();
  const white = (bar: number): boolean => (line[Math.round(bar * step) * 4] as number) > 128;
  let index = 0;
  for (let bar = 0; bar < bars - 1; bar++) if (white(bar)) index |= 1 << bar;
  // The last block is always white: without it nothing is shown yet.
  if (!white(bars - 1) || index === before) return;
  before = index;
  parentPort?.postMessage({ index, unixMs } satisfies SeenBars);
}, 1);

parentPort?.once('message', () => {
  clearInterval(timer);
  closeSync(file);
});
