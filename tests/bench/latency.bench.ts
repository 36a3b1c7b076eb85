import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import dcmjsCodecs from 'dcmjs-codecs';
import type { Page } from 'playwright-core';
import { frameHeaderBytes } from '../../src/protocol/frame-header.ts';
import { openRoom } from '../broadcast/test-room.ts';
import { openBrowser } from '../support/browser.ts';
import { ascii, dicomFile } from '../support/dicom-file.ts';

/*
 * node tests/bench/latency.bench.ts [ROUNDS]
 * Capture to on-canvas at 1024x768, 30 frames/s, loopback, in turns in one run: the monitor, and the same frames as JPEG (quality 90,
 * encoded on arrival) over HTTP (multipart/x-mixed-replace) in an <img>. A frame is seen at the first animation frame at which the page
 * reads its bar code back from what it shows; so half a refresh is part of every figure. Goal: p50 at most 0.8 of the peer's.
 */

const [width, height, frames, fps, block] = [1024, 768, 64, 30, 32];
const rounds = Number(process.argv[2] ?? 3);
const roundMs = 8000;
const { Context, NativeCodecs } = dcmjsCodecs;

const folder = mkdtempSync(join(tmpdir(), 'latency-'));
const file = join(folder, 'bars.dcm');
writeFileSync(
  file,
  dicomFile({ rows: height, columns: width, frames, pixels: pictures(), more: [[0x0018, 0x1063, 'DS', ascii(String(1000 / fps))]] }),
);
await NativeCodecs.initializeAsync();
const room = await openRoom([{ name: 'Bars', driver: 'replay', options: { file } }]);
const browser = await openBrowser();
const capturedMs = new Map<number, number>();
const peers = new Set<ServerResponse>();
const peer = createServer((request, response) => {
  if (request.url !== '/stream') {
    response
      .setHeader('content-type', 'text/html')
      .end(`<body style="background:#000"><img src="/stream" width=${width} height=${height}>`);
    return;
  }
  response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=frame' });
  response.write('--frame\r\n');
  peers.add(response);
  response.on('close', () => peers.delete(response));
});
await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve));
const peerAddress = `http://127.0.0.1:${(peer.address() as AddressInfo).port}/`;

room.streams[0]?.frames('processed', 'raw').subscribe(({ header, bytes }) => {
  capturedMs.set(header.sequence % frames, header.capturedAtUs / 1000);
  if (peers.size === 0) return;
  const jpeg = jpegOf(bytes.subarray(frameHeaderBytes));
  for (const response of peers) {
    // A peer that lags skips too: MJPEG servers that queue would look worse than they need to.
    if (response.writableLength > 0) continue;
    response.write(`content-type: image/jpeg\r\ncontent-length: ${jpeg.length}\r\n\r\n`);
    response.write(jpeg);
    // Chromium shows a part when it meets the boundary behind it: a peer that sent it with the next frame would be one frame late.
    response.write('\r\n--frame\r\n');
  }
});

const ours: number[] = [];
const theirs: number[] = [];
for (let round = 0; round < rounds; round++) {
  ours.push(...(await measure(room.address, 'canvas')));
  theirs.push(...(await measure(peerAddress, 'img')));
}
await browser.close();
peer.closeAllConnections();
peer.close();
await room.close();
rmSync(folder, { recursive: true });

const at = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
for (const [name, values] of [
  ['lumencast, raw', ours],
  ['MJPEG over HTTP', theirs],
] as const) {
  console.log(
    `${name.padEnd(16)} p50 ${at(values, 0.5).toFixed(1)} ms, p99 ${at(values, 0.99).toFixed(1)} ms, ${values.length} pictures seen in ${(rounds * roundMs) / 1000} s`,
  );
}
console.log(
  `ratio of p50: ${(at(ours, 0.5) / at(theirs, 0.5)).toFixed(2)} (goal: at most 0.8), of p99: ${(at(ours, 0.99) / at(theirs, 0.99)).toFixed(2)}; Node ${process.version}, ${browser.version()}`,
);
process.exit();

/** Latencies of one page, from the second second on. */
async function measure(address: string, selector: string): Promise<number[]> {
  const page: Page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const latencies: number[] = [];
  await page.exposeFunction('seen', (index: number, unixMs: number) => {
    const captured = capturedMs.get(index);
    if (captured !== undefined) latencies.push(unixMs - captured);
  });
  // A stream of pictures never finishes loading.
  await page.goto(address, { waitUntil: 'commit' });
  await page.waitForSelector(selector, { state: 'attached' });
  await page.waitForTimeout(1000);
  latencies.length = 0;
  await page.evaluate(watchBars, { selector, block });
  await page.waitForTimeout(roundMs);
  const found = latencies.slice();
  await page.close();
  return found;
}

/** Runs in the page: reads the bar code of what is shown at every animation frame, tells each new one with the time. */
function watchBars({ selector, block: size }: { selector: string; block: number }): void {
  const probe = document.createElement('canvas');
  probe.width = 7;
  probe.height = 1;
  const pen = probe.getContext('2d', { willReadFrequently: true });
  let before = -1;
  const look = (): void => {
    requestAnimationFrame(look);
    const shown = document.querySelector<HTMLCanvasElement | HTMLImageElement>(selector);
    if (pen === null || shown === null) return;
    // Before its first picture an <img> cannot be drawn.
    if (shown instanceof HTMLImageElement && shown.naturalWidth === 0) return;
    const now = performance.timeOrigin + performance.now();
    for (let bit = 0; bit < 7; bit++) pen.drawImage(shown, bit * size + size / 2, size / 2, 1, 1, bit, 0, 1, 1);
    const bits = pen.getImageData(0, 0, 7, 1).data;
    let index = 0;
    for (let bit = 0; bit < 6; bit++) if ((bits[4 * bit] ?? 0) > 128) index |= 1 << bit;
    // The seventh block is always white: without it nothing is shown yet.
    if ((bits[24] ?? 0) < 128 || index === before) return;
    before = index;
    void (window as unknown as { seen(index: number, unixMs: number): Promise<void> }).seen(index, now);
  };
  look();
}

/** Speckle with a bar code of the frame's index in the upper left corner. */
function pictures(): Uint8Array {
  const bytes = new Uint8Array(width * height * frames);
  let state = 1;
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = (state >>> 25) + 40 * Math.sin(i / 97) + 40;
  }
  for (let frame = 0; frame < frames; frame++) {
    for (let y = 0; y < block; y++) {
      for (let x = 0; x < 7 * block; x++) {
        const bit = Math.floor(x / block);
        bytes[frame * width * height + y * width + x] = bit === 6 || (frame >> bit) & 1 ? 255 : 0;
      }
    }
  }
  return bytes;
}

function jpegOf(pixels: Uint8Array): Uint8Array {
  const context = new Context({
    width,
    height,
    bitsAllocated: 8,
    bitsStored: 8,
    samplesPerPixel: 1,
    pixelRepresentation: 0,
    planarConfiguration: 0,
    photometricInterpretation: 'MONOCHROME2',
    decodedBuffer: Uint8Array.from(pixels),
  });
  return Uint8Array.from(NativeCodecs.encodeJpeg(context, { lossy: true, quality: 90 }).getEncodedBuffer() ?? new Uint8Array(0));
}
