import { type FrameFormat, frameBytes, frameFormat } from '../../src/frame/frame-format.ts';
import { StageChain, type StageSettings } from '../../src/stage/chain.ts';
import { Forming } from '../../src/stage/forming.ts';
import { presetNamed } from '../../src/stage/presets.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';

/*
 * node scripts/bench.mjs presets [--json]
 * What a frame costs on one core: each preset at its usual size, and the whole way of a 1080p grabber from YUYV to colours with an
 * overlay. Noise over slopes that move from frame to frame; medians and minima of 100 frames.
 */

interface Case {
  readonly name: string;
  readonly format: FrameFormat;
  readonly preset: string;
  readonly more: readonly StageSettings[];
  readonly goalMs: number;
}

const region = { kind: 'tissue', x0: 40, y0: 40, x1: 1000, y1: 700, unitX: 'cm', unitY: 'cm', deltaX: 0.02, deltaY: 0.02 } as const;
const ultrasound = frameFormat(1024, 768, 'GREY', { regions: [region] });
const detector = frameFormat(1024, 1024, 'Y16', { window: { centre: 512, width: 1024 } });
const grabber = frameFormat(1920, 1080, 'YUYV', { regions: [region] });
const on = (stage: string, options = {}): StageSettings => ({ stage, enabled: true, options });
const cases: readonly Case[] = [
  { name: 'ultrasound/soft, 1024x768', format: ultrasound, preset: 'ultrasound/soft', more: [], goalMs: 2.5 },
  { name: 'ultrasound/strong, 1024x768', format: ultrasound, preset: 'ultrasound/strong', more: [], goalMs: 8 },
  { name: 'fluoro/low-dose, 1024x1024', format: detector, preset: 'fluoro/low-dose', more: [], goalMs: 3 },
  { name: 'fluoro/strong, 1024x1024', format: detector, preset: 'fluoro/strong', more: [], goalMs: 9 },
  {
    name: '1080p: YUYV, ultrasound/soft, colour map, overlay',
    format: grabber,
    preset: 'ultrasound/soft',
    more: [on('colour-map'), on('overlay')],
    goalMs: 6,
  },
];

const pictures = 4;
const frames = 100;
const kernelsOn = await compileKernels();
for (const one of cases) {
  const took = measure(one).toSorted((a, b) => a - b);
  const [medianMs, minMs] = [took[took.length >> 1] as number, took[0] as number];
  const { name, goalMs } = one;
  if (process.argv.includes('--json')) console.log(JSON.stringify({ name, medianMs, minMs, goalMs, node: process.version }));
  else
    console.log(
      `${name.padEnd(52)} ${medianMs.toFixed(2)} / ${minMs.toFixed(2)} ms, goal ${goalMs}: ${medianMs <= goalMs ? 'met' : 'missed'}`,
    );
}

function measure({ format, preset, more }: Case): number[] {
  const forming = new Forming(format.pixelFormat === 'YUYV' ? [on('pixel-format', { as: 'grey' })] : [], format);
  const slot = align(format.width * format.height * 3);
  const formed = pictures * slot;
  const scratch = formed + 2 * slot;
  const chainScratch = scratch + align(forming.scratchBytes);
  const pages = Math.ceil((chainScratch + StageChain.scratchBytes(forming.output)) / 65_536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const bytes = new Uint8Array(memory.buffer);
  // Fresh pages cost their first touch, which a stream pays at its start.
  bytes.fill(1);
  for (let picture = 0; picture < pictures; picture++)
    paint(bytes.subarray(picture * slot, picture * slot + frameBytes(format)), picture, format);
  const room = { kernels: kernelsOn(memory), memory: memory.buffer, scratch };
  const form = forming.active ? forming.open(room) : undefined;
  const chain = new StageChain([...presetNamed(preset).settings, ...more], forming.output, { ...room, scratch: chainScratch });
  return Array.from({ length: frames }, (_, frame) => {
    const start = performance.now();
    const captured = (frame % pictures) * slot;
    form?.(captured, formed);
    const truth = { sequence: frame, capturedAtNs: BigInt(frame) * 33_000_000n, rPeak: false, synthetic: true };
    chain.apply(form === undefined ? captured : formed, formed + slot, truth);
    return performance.now() - start;
  });
}

function paint(bytes: Uint8Array, picture: number, { pixelFormat }: FrameFormat): void {
  let state = picture + 1;
  for (let at = 0; at < bytes.length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = (((at >> 4) + picture) & 0x7f) + (state >>> 27);
    if (pixelFormat === 'Y16' && at % 2 === 1) bytes[at] = (bytes[at] as number) & 3;
  }
}

function align(offset: number): number {
  return (offset + 63) & ~63;
}
