import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { type FrameFormat, frameBytes, frameFormat } from '../../src/frame/frame-format.ts';
import { StageChain, type StageSettings } from '../../src/stage/chain.ts';
import type { Kernels } from '../../wasm/kernels.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';
import { twins } from '../reference/kernels.ts';

/*
 * node scripts/bench.mjs stages [--json] [--frames=N] [--python=PROGRAM]
 * Time of one 1920x1080 frame on one thread: the chain with all stages at work, each stage alone, and in the same run the
 * readable twins and OpenCV, where that Python has it.
 */

interface Measured {
  readonly medianMs: number;
  readonly minMs: number;
}

const [width, height] = [1920, 1080] as const;
/** Pictures that take turns, so that persistence sees noise and motion. */
const pictures = 6;
const goalMs = 5;
const { json, frames, python } = argumentsOf(process.argv.slice(2));

const region = { kind: 'tissue', x0: 400, y0: 40, x1: 1500, y1: 1040, unitX: 'cm', unitY: 'cm', deltaX: 0.016, deltaY: 0.016 } as const;
const formats = {
  Y16: frameFormat(width, height, 'Y16', { window: { centre: 512, width: 1024 }, regions: [region] }),
  GREY: frameFormat(width, height, 'GREY', { regions: [region] }),
  RGB24: frameFormat(width, height, 'RGB24', { regions: [region] }),
} as const;
const on = {
  window: { stage: 'window', enabled: true, options: { contrast: 20 } },
  persistence: { stage: 'persistence', enabled: true, options: { strength: 0.6 } },
  median: { stage: 'median', enabled: true, options: {} },
  'colour-map': { stage: 'colour-map', enabled: true, options: { map: 'hot' } },
  overlay: { stage: 'overlay', enabled: true, options: { ruler: true, text: 'LUMENCAST BENCH' } },
} satisfies Record<string, StageSettings>;

const cases: Readonly<Record<string, readonly [FrameFormat, readonly StageSettings[]]>> = {
  'all stages, Y16': [formats.Y16, Object.values(on)],
  'all stages, GREY': [formats.GREY, Object.values(on)],
  'window, Y16': [formats.Y16, [on.window]],
  'window, GREY': [formats.GREY, [on.window]],
  persistence: [formats.GREY, [on.persistence]],
  median: [formats.GREY, [on.median]],
  'colour-map': [formats.GREY, [on['colour-map']]],
  'overlay on GREY': [formats.GREY, [on.overlay]],
  'overlay on RGB24': [formats.RGB24, [on.overlay]],
};

const kernelsOn = await compileKernels();
const ours = measureAll((memory) => kernelsOn(memory), frames);
const plain = measureAll((memory) => twins(memory.buffer), 1);
const opencv = openCv();

if (json) process.stdout.write(`${JSON.stringify({ width, height, frames, node: process.version, ours, plain, opencv }, undefined, 2)}\n`);
else print();

function measureAll(kernels: (memory: WebAssembly.Memory) => Kernels, times: number) {
  return Object.fromEntries(
    Object.entries(cases).map(([name, [format, settings]]) => [name, measure(kernels, format, settings, times)]),
  ) as Record<string, Measured & { firstMs: number }>;
}

function measure(
  kernelsOf: (memory: WebAssembly.Memory) => Kernels,
  format: FrameFormat,
  settings: readonly StageSettings[],
  times: number,
): Measured & { firstMs: number } {
  const slot = (width * height * 3 + 63) & ~63;
  const scratch = slot * (pictures + 1);
  const pages = Math.ceil((scratch + StageChain.scratchBytes(format)) / 65_536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const bytes = new Uint8Array(memory.buffer);
  // Fresh pages cost their first touch, which a stream pays at its start.
  bytes.fill(1);
  for (let picture = 0; picture < pictures; picture++) paint(bytes.subarray(picture * slot, picture * slot + frameBytes(format)), picture);
  const chain = new StageChain(settings, format, { kernels: kernelsOf(memory), memory: memory.buffer, scratch });
  const truth = { sequence: 0, capturedAtNs: 0n, rPeak: false, synthetic: true };
  const taken: number[] = [];
  for (let frame = 0; frame < times; frame++) {
    const start = performance.now();
    chain.apply((frame % pictures) * slot, pictures * slot, truth);
    taken.push(performance.now() - start);
  }
  const [firstMs = 0] = taken;
  taken.sort((a, b) => a - b);
  return { firstMs, medianMs: taken[taken.length >> 1] as number, minMs: taken[0] as number };
}

/** Noise over a ramp, 10 bits where the pixels have 16. */
function paint(bytes: Uint8Array, seed: number): void {
  let state = seed + 1;
  for (let at = 0; at < bytes.length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = ((at >> 4) & 0x7f) + (state >>> 27);
  }
  if (bytes.length === frameBytes(formats.Y16)) for (let at = 1; at < bytes.length; at += 2) bytes[at] = (bytes[at] as number) & 3;
}

function openCv(): { version: string; results: Record<string, Measured & { what: string }> } | undefined {
  const peer = resolve(import.meta.dirname, 'support/opencv-peer.py');
  const { status, stdout } = spawnSync(python, [peer, String(width), String(height), String(frames)], { encoding: 'utf8' });
  return status === 0 ? JSON.parse(stdout) : undefined;
}

function print(): void {
  const lines = [
    `${width}x${height}, one thread, Node ${process.version}, ${frames} frames; ms a frame: median / min / first; × is plain TypeScript over ours`,
  ];
  for (const [name, { medianMs, minMs, firstMs }] of Object.entries(ours)) {
    const peer = opencv?.results[name];
    const times = [medianMs, minMs, firstMs].map((ms) => ms.toFixed(2)).join(' / ');
    const slower = `×${Math.round((plain[name]?.minMs ?? 0) / minMs)}`;
    const besides = peer === undefined ? '' : `${(minMs / peer.minMs).toFixed(2)} of OpenCV's ${peer.what} (${peer.minMs.toFixed(2)})`;
    lines.push(`${name.padEnd(18)} ${times.padEnd(22)} ${slower.padEnd(7)} ${besides}`);
  }
  lines.push(opencv === undefined ? `absent: OpenCV (${python} cannot import cv2 and numpy)` : `OpenCV ${opencv.version}, one thread`);
  const worstMs = Math.max(ours['all stages, Y16']?.medianMs ?? Infinity, ours['all stages, GREY']?.medianMs ?? Infinity);
  lines.push(`goal: all stages in at most ${goalMs} ms: ${worstMs <= goalMs ? 'met' : 'missed'} (${worstMs.toFixed(2)} ms)`);
  process.stdout.write(`${lines.join('\n')}\n`);
}

function argumentsOf(words: readonly string[]): { json: boolean; frames: number; python: string } {
  const given = (name: string): string | undefined => words.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
  return { json: words.includes('--json'), frames: Number(given('frames') ?? 60), python: given('python') ?? 'python3' };
}
