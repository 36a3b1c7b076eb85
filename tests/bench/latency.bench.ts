import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import type { Page } from 'playwright-core';
import { frameHeaderBytes } from '../../src/protocol/frame-header.ts';
import type { SharedFrame } from '../../src/stream/shared-frame.ts';
import type { Stream } from '../../src/stream/stream.ts';
import type { TierWatch } from '../../src/stream/tier.ts';
import type { Quality } from '../../web-client/worker-messages.ts';
import { openRoom } from '../broadcast/test-room.ts';
import { openBrowser } from '../support/browser.ts';
import { ascii, dicomFile } from '../support/dicom-file.ts';
import { WebRtcPeer } from './peers/webrtc-peer.ts';
import type { BarsPlace, SeenBars } from './support/screen-watcher.ts';

/*
 * node scripts/bench.mjs latency [ROUNDS] [screen]
 * Capture to on-canvas, or with `screen` to the glass, at 1024x768, 30 frames/s, loopback, in turns in one run: the monitor in a tier, and a peer that carries the very
 * bits of that tier: JPEG over HTTP (multipart/x-mixed-replace) in an <img>, H.264 over WebRTC (werift, no jitter buffer) in a <video>. A
 * frame is seen at the first animation frame at which the page reads its bar code back from what it shows; so half a refresh is part of
 * every figure, and the time is taken when its pixels have been read. With `screen` the browser has a window on a virtual screen (Xvfb), and a frame is seen when its bar code stands in the memory
 * of that screen, read a thousand times a second: nothing runs in the page, and every way of drawing goes to its end. Goals: p50 of still at most 0.75 of MJPEG's, of video at most 0.9 of WebRTC's.
 */

const [width, height, frames, fps, block] = [1024, 768, 64, 30, 32];
const rounds = Number(process.argv[2] ?? 3);
const roundMs = 8000;
const screenSize = { width: 1280, height: 1000 } as const;

const folder = mkdtempSync(join(tmpdir(), 'latency-'));
const file = join(folder, 'bars.dcm');
writeFileSync(
  file,
  dicomFile({ rows: height, columns: width, frames, pixels: pictures(), more: [[0x0018, 0x1063, 'DS', ascii(String(1000 / fps))]] }),
);
const room = await openRoom([{ name: 'Bars', driver: 'replay', options: { file } }]);
const onScreen = process.argv.includes('screen');
const display = onScreen ? await openScreen() : undefined;
const browser = await openBrowser(
  display && {
    headless: false,
    env: { ...process.env, DISPLAY: display.name },
    args: ['--window-position=0,0', `--window-size=${screenSize.width},${screenSize.height}`],
  },
);
const capturedMs = new Map<number, number>();
const stream = room.streams[0] as Stream;
stream.frames('processed', 'raw').subscribe(({ header }) => capturedMs.set(header.sequence % frames, header.capturedAtUs / 1000));

const webRtcPage = `<body style="background:#000"><video autoplay muted width=${width} height=${height}></video><script type=module>
  const connection = new RTCPeerConnection();
  const transceiver = connection.addTransceiver('video', { direction: 'recvonly' });
  connection.ontrack = ({ receiver, track }) => {
    receiver.jitterBufferTarget = 0;
    document.querySelector('video').srcObject = new MediaStream([track]);
  };
  await connection.setLocalDescription(await connection.createOffer());
  while (connection.iceGatheringState !== 'complete') await new Promise((resolve) => setTimeout(resolve, 20));
  const answer = await fetch('/offer', { method: 'POST', body: connection.localDescription.sdp });
  await connection.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
</script>`;
const stops: (() => unknown)[] = [];
const peer = createServer((request, response) => {
  response.setHeader('content-type', 'text/html');
  if (request.url === '/stream') sendJpegs(response);
  else if (request.url === '/offer') void answerOffer(request, response);
  else if (request.url === '/webrtc') response.end(webRtcPage);
  else response.end(`<body style="background:#000"><img src="/stream" width=${width} height=${height}>`);
});
await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve));
const peerAddress = `http://127.0.0.1:${(peer.address() as AddressInfo).port}/`;

const contests = [
  { quality: 'still', peer: 'MJPEG over HTTP', path: '', selector: 'img', goal: 0.75 },
  { quality: 'video', peer: 'WebRTC', path: 'webrtc', selector: 'video', goal: 0.9 },
] as const;
const ages = new Map<string, number[]>();
for (let round = 0; round < rounds; round++) {
  for (const { quality, peer: name, path, selector } of contests) {
    keep(quality, await measure(room.address, 'canvas', quality));
    keep(name, await measure(`${peerAddress}${path}`, selector));
  }
}
keep('raw', await measure(room.address, 'canvas', 'raw'));
await browser.close();
display?.close();
peer.closeAllConnections();
peer.close();
await room.close();
rmSync(folder, { recursive: true });

const at = (values: readonly number[] = [], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
for (const [name, values] of ages) {
  console.log(
    `${name.padEnd(16)} p50 ${at(values, 0.5).toFixed(1)} ms, p99 ${at(values, 0.99).toFixed(1)} ms, ${values.length} pictures seen`,
  );
}
for (const { quality, peer: name, goal } of contests) {
  const [ours, theirs] = [ages.get(quality), ages.get(name)];
  const ratio = (share: number): string => (at(ours, share) / at(theirs, share)).toFixed(2);
  console.log(`${quality} against ${name}: p50 ${ratio(0.5)} (goal: at most ${goal}), p99 ${ratio(0.99)}`);
}
console.log(`Node ${process.version}`);
process.exit();

function keep(name: string, values: readonly number[]): void {
  ages.set(name, [...(ages.get(name) ?? []), ...values]);
}

/** The frames of a tier for a peer, until its page is closed. */
function follow(tier: 'still' | 'video', put: (bits: Buffer, frame: SharedFrame) => void): TierWatch {
  const watch = stream.watch('processed', tier, {
    ready: () => true,
    put: (frame) => put(Buffer.from(frame.bytes.subarray(frameHeaderBytes)), frame),
  });
  stops.push(() => watch.end());
  return watch;
}

function sendJpegs(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=frame' });
  response.write('--frame\r\n');
  follow('still', (jpeg) => {
    // A peer that lags skips too: MJPEG servers that queue would look worse than they need to.
    if (response.writableLength > 0) return;
    response.write(`content-type: image/jpeg\r\ncontent-length: ${jpeg.length}\r\n\r\n`);
    response.write(jpeg);
    // Chromium shows a part when it meets the boundary behind it: a peer that sent it with the next frame would be one frame late.
    response.write('\r\n--frame\r\n');
  });
}

async function answerOffer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const sender: WebRtcPeer = new WebRtcPeer(() => watch.askKey());
  const watch = follow('video', (bits, { header }) => sender.send(bits, header.capturedAtUs));
  stops.push(() => sender.close());
  response.end(await sender.answer(Buffer.concat(parts).toString()));
}

/** Latencies of one page, from the second second on. */
async function measure(address: string, selector: string, quality?: Quality): Promise<number[]> {
  const page: Page = await browser.newPage({ viewport: onScreen ? null : screenSize });
  const latencies: number[] = [];
  const seen = (index: number, unixMs: number): void => {
    const captured = capturedMs.get(index);
    if (captured !== undefined) latencies.push(unixMs - captured);
  };
  await page.exposeFunction('seen', seen);
  // The monitor's worker is at hand, so that its tier can be chosen.
  await page.addInitScript(
    'const W = Worker; globalThis.Worker = class extends W { constructor(...given) { super(...given); globalThis.theWorker = this; } };',
  );
  // A stream of pictures never finishes loading.
  await page.goto(address, { waitUntil: 'commit' });
  await page.waitForSelector(selector, { state: 'attached' });
  if (quality !== undefined) await page.evaluate(`globalThis.theWorker.postMessage({ order: 'quality', quality: '${quality}' })`);
  await page.waitForTimeout(2500);
  latencies.length = 0;
  if (display === undefined) {
    await page.evaluate(watchBars, { selector, block });
    await page.waitForTimeout(roundMs);
  } else {
    const place = { screen: display.memory, ...(await page.evaluate(barsOnPage, { selector, width, height, block })) };
    const watcher = new Worker(new URL('./support/screen-watcher.ts', import.meta.url), { workerData: place satisfies BarsPlace });
    watcher.on('message', ({ index, unixMs }: SeenBars) => seen(index, unixMs));
    await page.waitForTimeout(roundMs);
    watcher.postMessage('end');
    await once(watcher, 'exit');
  }
  const found = latencies.slice();
  await page.close();
  for (const stop of stops.splice(0)) stop();
  return found;
}

/** A virtual screen: its name, and the file that its memory is. */
async function openScreen(): Promise<{ readonly name: string; readonly memory: string; close(): void }> {
  const depth = 24;
  const args = [
    '-screen',
    '0',
    `${screenSize.width}x${screenSize.height}x${depth}`,
    '-fbdir',
    folder,
    '-displayfd',
    '3',
    '-nolisten',
    'tcp',
  ];
  const server = spawn('Xvfb', args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const [number] = (await once(createInterface({ input: server.stdio[3] as NodeJS.ReadableStream }), 'line')) as [string];
  return { name: `:${number}`, memory: join(folder, 'Xvfb_screen0'), close: () => server.kill() };
}

/** Runs in the page: where the bar code of what is shown is, in pixels of the screen. */
function barsOnPage(of: { selector: string; width: number; height: number; block: number }): { x: number; y: number; step: number } {
  const box = (document.querySelector(of.selector) as Element).getBoundingClientRect();
  const scale = Math.min(box.width / of.width, box.height / of.height);
  // The browser's own bars are above the page.
  const left = screenX + box.left + (box.width - of.width * scale) / 2;
  const top = screenY + outerHeight - innerHeight + box.top + (box.height - of.height * scale) / 2;
  return { x: left + (of.block * scale) / 2, y: top + (of.block * scale) / 2, step: of.block * scale };
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
    const shown = document.querySelector<HTMLCanvasElement | HTMLImageElement | HTMLVideoElement>(selector);
    if (pen === null || shown === null) return;
    // Before its first picture an <img> cannot be drawn.
    if (shown instanceof HTMLImageElement && shown.naturalWidth === 0) return;
    if (shown instanceof HTMLVideoElement && shown.videoWidth === 0) return;
    for (let bit = 0; bit < 7; bit++) pen.drawImage(shown, bit * size + size / 2, size / 2, 1, 1, bit, 0, 1, 1);
    const bits = pen.getImageData(0, 0, 7, 1).data;
    // Not before: an <img> is decoded only when it is drawn, a canvas has been by then.
    const now = performance.timeOrigin + performance.now();
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
