import Type, { type Static } from 'typebox';
import type { CalibrationRegion } from '../frame/calibration.ts';
import type { FrameFormat } from '../frame/frame-format.ts';
import { eachDot, glyphWidth } from './glyphs.ts';
import type { Stage } from './stage.ts';

const options = Type.Object(
  {
    ruler: Type.Boolean({ title: 'Depth ruler', default: true, description: 'centimetre ticks, where the picture is calibrated' }),
    text: Type.String({ title: 'Text', default: '', maxLength: 60, description: 'a line at the upper left; no patient data' }),
    opacity: Type.Number({ title: 'Opacity', default: 0.8, minimum: 0.1, maximum: 1, multipleOf: 0.1, description: 'of ruler and text' }),
  },
  { additionalProperties: false },
);

/** Ruler and text as part of the pixels: for monitors that draw nothing themselves. */
export const overlay: Stage<typeof options> = {
  name: 'overlay',
  title: 'Burnt-in overlay',
  options,
  output(input, { ruler, text }) {
    const hasSomething = text.trim() !== '' || (ruler && depthRegion(input) !== undefined);
    return hasSomething && input.pixelFormat !== 'Y16' ? input : undefined;
  },
  reach: () => Number.POSITIVE_INFINITY,
  scratchBytes: ({ width, height }) => width * height * 2,
  open(input, first, { kernels, memory, scratch }) {
    const { width, height, bytesPerLine } = input;
    const planes = new Planes(new Uint8Array(memory, scratch, width * height * 2), width, height);
    const alpha = scratch + width * height;
    const blend = input.pixelFormat === 'RGB24' ? kernels.overlayRgb : kernels.overlayGrey;
    draw(planes, input, first);
    return {
      configure: (next) => draw(planes, input, next),
      apply: (source, target) => blend(source, bytesPerLine, target, bytesPerLine, width, height, scratch, alpha),
    };
  },
};

/** A plane of levels and a plane of alphas. */
class Planes {
  readonly #bytes: Uint8Array;
  readonly #width: number;
  readonly #height: number;

  constructor(bytes: Uint8Array, width: number, height: number) {
    this.#bytes = bytes;
    this.#width = width;
    this.#height = height;
  }

  clear(): void {
    this.#bytes.fill(0);
  }

  /** A bright rectangle with a dark rim, so that it reads on bright and on dark tissue; the rim never covers what is bright. */
  fill(x0: number, y0: number, width: number, height: number, alpha: number): void {
    for (let y = y0 - 1; y <= y0 + height; y++) {
      for (let x = x0 - 1; x <= x0 + width; x++) {
        const inside = x >= x0 && x < x0 + width && y >= y0 && y < y0 + height;
        this.#set(x, y, inside ? 255 : 0, alpha);
      }
    }
  }

  #set(x: number, y: number, level: number, alpha: number): void {
    if (x < 0 || y < 0 || x >= this.#width || y >= this.#height) return;
    const at = y * this.#width + x;
    if (level === 0 && this.#bytes[at] === 255) return;
    this.#bytes[at] = level;
    this.#bytes[at + this.#width * this.#height] = alpha;
  }
}

function draw(planes: Planes, input: FrameFormat, { ruler, text, opacity }: Static<typeof options>): void {
  const alpha = Math.round(opacity * 255);
  const scale = scaleOf(input);
  planes.clear();
  write(planes, text, 8 * scale, 8 * scale, scale, alpha);
  const region = depthRegion(input);
  if (ruler && region !== undefined) drawRuler(planes, region, input.width, scale, alpha);
}

/** Where depth in centimetres is known and ticks have room; without calibration there is no ruler. */
function depthRegion(input: FrameFormat): CalibrationRegion | undefined {
  return input.regions.find(
    (region) => region.kind === 'tissue' && region.unitY === 'cm' && tickStepCm(region, scaleOf(input)) !== undefined,
  );
}

/** Closer than four of its own lines a tick is no longer one. */
function tickStepCm({ deltaY }: CalibrationRegion, scale: number): number | undefined {
  return [1, 5, 10, 50].find((cm) => cm / Math.abs(deltaY) >= 4 * scale);
}

/** Row of depth 0: the reference pixel (0018,6022) with its value where that lies in the region, else the region's upper edge. */
function zeroRow({ y0, y1, deltaY, referenceY, referenceValueY = 0 }: CalibrationRegion): number {
  if (referenceY === undefined) return y0;
  const row = y0 + referenceY - referenceValueY / deltaY;
  return row >= y0 && row <= y1 ? row : y0;
}

/** Picture pixels per dot of a letter. */
const scaleOf = ({ height }: FrameFormat): number => Math.max(1, Math.round(height / 400));

function drawRuler(planes: Planes, region: CalibrationRegion, width: number, scale: number, alpha: number): void {
  const pixelsPerCm = 1 / Math.abs(region.deltaY);
  const x = Math.min(region.x1 + 4 * scale, width - 10 * scale);
  const zero = zeroRow(region);
  const step = tickStepCm(region, scale);
  if (step === undefined) return;
  const long = step * 5;
  const first = -Math.floor((zero - region.y0) / (step * pixelsPerCm)) * step;
  for (let cm = first; zero + cm * pixelsPerCm <= region.y1; cm += step) {
    const y = Math.round(zero + cm * pixelsPerCm);
    planes.fill(x, y, (cm % long === 0 ? 8 : 4) * scale, scale, alpha);
    if (cm % long === 0 && cm !== 0) label(planes, `${Math.abs(cm)} cm`, x, y, scale, alpha);
  }
}

/** To the left of a tick, at its height. */
function label(planes: Planes, text: string, tickX: number, tickY: number, scale: number, alpha: number): void {
  write(planes, text, tickX - ((glyphWidth + 1) * text.length + 1) * scale, tickY - 3 * scale, scale, alpha);
}

function write(planes: Planes, text: string, x: number, y: number, scale: number, alpha: number): void {
  eachDot(text, (dotX, dotY) => planes.fill(x + dotX * scale, y + dotY * scale, scale, scale, alpha));
}
