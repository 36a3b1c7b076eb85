import Type, { type Static } from 'typebox';
import type { CalibrationRegion } from '../frame/calibration.ts';
import type { FrameFormat } from '../frame/frame-format.ts';
import { eachDot, glyphHeight, glyphWidth } from './glyphs.ts';
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
  output: (input) => (input.pixelFormat === 'Y16' ? undefined : input),
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
  const scale = Math.max(1, Math.round(input.height / 400));
  planes.clear();
  write(planes, text, 8 * scale, 8 * scale, scale, alpha);
  const region = input.regions.find(({ kind, unitY }) => kind === 'tissue' && unitY === 'cm');
  if (ruler && region !== undefined) drawRuler(planes, region, input.width, scale, alpha);
}

function drawRuler(planes: Planes, region: CalibrationRegion, width: number, scale: number, alpha: number): void {
  const pixelsPerCm = 1 / Math.abs(region.deltaY);
  const x = Math.min(region.x1 + 4 * scale, width - 10 * scale);
  const ticks = Math.floor((region.y1 - region.y0) / pixelsPerCm);
  // Below four pixels a tick is no longer one.
  const step = pixelsPerCm >= 4 ? 1 : 5;
  for (let cm = 0; cm <= ticks; cm += step) {
    const y = Math.round(region.y0 + cm * pixelsPerCm);
    planes.fill(x, y, (cm % 5 === 0 ? 8 : 4) * scale, scale, alpha);
    if (cm % 5 === 0 && cm > 0) write(planes, String(cm), x - (glyphWidth + 1) * 2 * scale - 2, y - 3 * scale, scale, alpha);
  }
}

function write(planes: Planes, text: string, x: number, y: number, scale: number, alpha: number): void {
  if (y + glyphHeight * scale < 0) return;
  eachDot(text, (dotX, dotY) => planes.fill(x + dotX * scale, y + dotY * scale, scale, scale, alpha));
}
