/*
 * node scripts/bench.mjs record [--frames 150] [--json]
 * CPU that recording every frame takes (copied, packed without loss, written), of streams as they come from the simulators, against
 * ffmpeg's FFV1, one thread, on the same frames, and against writing them as they are. Share: of a core, at the stream's rate.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseRoom } from '../../src/config/room.ts';
import { anchorClock } from '../../src/device/clock.ts';
import { SlotCounts, slotLayout, slotPixels } from '../../src/frame/frame-pool.ts';
import type { RecorderEvent } from '../../src/past/recorder-orders.ts';
import { Recording } from '../../src/past/recording.ts';
import { type FrameHeader, frameHeaderBytes, writeFrameHeader } from '../../src/protocol/frame-header.ts';
import { Stream } from '../../src/stream/stream.ts';

const { values } = parseArgs({ options: { frames: { type: 'string', default: '150' }, json: { type: 'boolean', default: false } } });
const count = Number(values.frames);
const distinct = 30;
const folder = mkdtempSync(join(tmpdir(), 'lumencast-record-bench-'));

const fluoroscopy = { kind: 'fluoroscopy', width: 1024, height: 1024, fps: 15, bits: 10, dose: 0.5 };
const streams = [
  { name: 'ultrasound 1024x768 8 bit', options: { kind: 'ultrasound', width: 1024, height: 768, fps: 30 }, preset: 'ultrasound/soft' },
  { name: 'fluoroscopy 1024x1024 8 bit', options: fluoroscopy, preset: 'fluoro/low-dose' },
  {
    name: 'fluoroscopy 1024x1024 16 bit',
    options: fluoroscopy,
    preset: 'fluoro/low-dose',
    stages: [
      { stage: 'window', enabled: false },
      { stage: 'overlay', enabled: false },
    ],
  },
];

interface Recorded {
  readonly header: FrameHeader;
  readonly pixels: Uint8Array;
}

const fps = [30, 15, 15];
const { streams: settings, limits } = parseRoom({ streams }, 'bench');
for (const [id, stream] of settings.entries()) {
  const frames = await framesOf(new Stream(id, stream, limits, anchorClock(), { info: () => undefined, warn: () => undefined }));
  const [first] = frames as [Recorded];
  const own = await record(frames, join(folder, String(id)));
  const written = await writeRaw(frames);
  const ffv1 = ffv1Of(frames);
  const rawBytes = first.pixels.length;
  tell({
    stream: stream.name,
    pixelFormat: first.header.pixelFormat,
    recordMs: round(own.cpuMs),
    share: round((own.cpuMs * (fps[id] as number)) / 1000),
    ofRaw: round(own.bytes / rawBytes),
    ffv1Ms: round(ffv1.cpuMs),
    ffv1OfRaw: round(ffv1.bytes / rawBytes),
    cpuOfFfv1: round(own.cpuMs / ffv1.cpuMs),
    bytesOfFfv1: round(own.bytes / ffv1.bytes),
    plainWriteMs: round(written.cpuMs),
  });
}
rmSync(folder, { recursive: true });
// Threads of the streams have ended; a codec's module may keep a handle.
process.exit();

async function framesOf(stream: Stream): Promise<readonly Recorded[]> {
  const frames: Recorded[] = [];
  const enough = Promise.withResolvers<void>();
  const viewing = stream.frames('processed', 'raw').subscribe(({ header, bytes }) => {
    frames.push({ header, pixels: Uint8Array.from(bytes.subarray(frameHeaderBytes)) });
    if (frames.length === distinct) enough.resolve();
  });
  stream.start();
  await enough.promise;
  viewing.unsubscribe();
  await stream.close();
  return frames;
}

async function record(frames: readonly Recorded[], own: string) {
  mkdirSync(own);
  const settle = { next: Promise.withResolvers<void>(), bytes: 0 };
  const hear = (event: RecorderEvent): void => {
    if (event.event === 'lost' || event.event === 'trouble') throw new Error(JSON.stringify(event));
    if (event.event !== 'written') return;
    settle.bytes = Math.max(settle.bytes, event.bytes);
    settle.next.resolve();
  };
  const turns = { flags: new SharedArrayBuffer(4), own: 0 };
  const bounds = { minutes: 5, mostBytes: 2 ** 31, reserveBytes: 0, memoryBytes: 2 ** 27 };
  const setup = { stream: 'bench', folder: own, ...bounds, turns, segments: [] };
  const recording = new Recording(setup, hear);
  const [first] = frames as [Recorded];
  const layout = slotLayout(0, 2, first.pixels.length);
  const buffer = new SharedArrayBuffer(layout.endOffset);
  new SlotCounts(buffer, layout).take(0);
  recording.setMemory({ buffer, layout });
  recording.describe(first.header.epoch, '{"epoch":0}');
  const at = slotPixels(layout, 0);
  const put = async (number: number): Promise<void> => {
    const { header, pixels } = frames[number % distinct] as Recorded;
    new Uint8Array(buffer, at, pixels.length).set(pixels);
    const numbered = { ...header, epoch: first.header.epoch, sequence: number, capturedAtUs: 1e15 + number };
    writeFrameHeader(new DataView(buffer, at - frameHeaderBytes, frameHeaderBytes), numbered);
    settle.next = Promise.withResolvers();
    recording.take(0);
    await settle.next.promise;
  };
  for (let number = 0; number < distinct; number++) await put(number);
  const bytesBefore = settle.bytes;
  const before = process.cpuUsage();
  for (let number = distinct; number < distinct + count; number++) await put(number);
  const cpuMs = cpuMsSince(before) / count;
  await recording.close();
  return { cpuMs, bytes: (settle.bytes - bytesBefore) / count };
}

async function writeRaw(frames: readonly Recorded[]) {
  await using file = await open(join(folder, 'plain'), 'w');
  const before = process.cpuUsage();
  for (let number = 0; number < count; number++) await file.write((frames[number % distinct] as Recorded).pixels);
  return { cpuMs: cpuMsSince(before) / count };
}

/** Its own account of user and system time, that of a run of one frame taken off. */
function ffv1Of(frames: readonly Recorded[]) {
  const [{ header }] = frames as [Recorded];
  const all = Array.from({ length: count }, (_, number) => (frames[number % distinct] as Recorded).pixels);
  const [whole, one] = [all, all.slice(0, 1)].map((pixels) => {
    const input = join(folder, 'input.raw');
    writeFileSync(input, Buffer.concat(pixels));
    const format = header.pixelFormat === 'Y16' ? 'gray16le' : 'gray';
    const size = `${header.width}x${header.height}`;
    const from = ['-f', 'rawvideo', '-pix_fmt', format, '-s', size, '-i', input];
    const to = ['-c:v', 'ffv1', '-level', '3', '-g', '1', '-threads', '1', '-f', 'matroska', '-y', join(folder, 'out.mkv')];
    const { stderr } = spawnSync('ffmpeg', ['-hide_banner', '-benchmark', '-threads', '1', ...from, ...to], { encoding: 'utf8' });
    const [, user = 'NaN', system = 'NaN'] = /utime=([\d.]+)s stime=([\d.]+)s/.exec(stderr) ?? [];
    return { cpuMs: (Number(user) + Number(system)) * 1000, bytes: statSync(to.at(-1) as string).size };
  });
  return { cpuMs: ((whole?.cpuMs ?? 0) - (one?.cpuMs ?? 0)) / (count - 1), bytes: (whole?.bytes ?? 0) / count };
}

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function tell(row: object): void {
  if (values.json) process.stdout.write(`${JSON.stringify({ bench: 'record', ...row })}\n`);
  else console.table([row]);
}
