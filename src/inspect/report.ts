import { crc32 } from 'node:zlib';
import { withoutFile } from '../../device-drivers/replay/damage.ts';
import type { Recording } from '../../device-drivers/replay/recording.ts';
import { AppError, asAppError } from '../app-error.ts';
import { frameBytes } from '../frame/frame-format.ts';

/** What is said of one frame: the mean over all samples of the decoded pixels, and their CRC-32 in hexadecimal. */
interface FrameSum {
  readonly frame: number;
  readonly mean: number;
  readonly crc32: string;
}

export type Report = Awaited<ReturnType<typeof reportOn>>;

/** Decodes the first frame that can be, or all of them, and tells before each one. Throws `replay/all-damaged`. */
export async function reportOn(recording: Recording, file: string, all: boolean, tellFrame: (frame: number) => void) {
  const { kind, frames, format, transferSyntax, photometric, intervalsMs, odd } = recording;
  const sums: FrameSum[] = [];
  const damaged: string[] = [];
  const target = new Uint8Array(frameBytes(format));
  for (let frame = 0; frame < frames && (all || sums.length === 0); frame++) {
    tellFrame(frame);
    try {
      await recording.decode(frame, target);
      sums.push({ frame, mean: mean(target, format.pixelFormat === 'Y16'), crc32: crc32(target).toString(16).padStart(8, '0') });
    } catch (thrown) {
      damaged.push(withoutFile(asAppError(thrown, 'replay/not-readable', { file }).message, file));
    }
  }
  if (sums.length === 0) throw new AppError('replay/all-damaged', { file, reason: damaged[0] ?? 'none' });
  const durationMs = intervalsMs.reduce((total, ms) => total + ms, 0);
  return {
    file,
    ok: true,
    kind,
    frames,
    width: format.width,
    height: format.height,
    pixelFormat: format.pixelFormat,
    photometric,
    transferSyntax,
    ...(format.window && { window: format.window }),
    times: {
      fps: Math.round((frames * 1e5) / durationMs) / 100,
      minIntervalMs: intervalsMs.reduce((least, ms) => Math.min(least, ms), Number.POSITIVE_INFINITY),
      maxIntervalMs: intervalsMs.reduce((most, ms) => Math.max(most, ms), 0),
    },
    regions: format.regions,
    odd: [...odd, ...damaged],
    ...(all && { pixels: sums }),
  };
}

function mean(pixels: Uint8Array, wide: boolean): number {
  let total = 0;
  if (wide) for (let i = 0; i < pixels.length; i += 2) total += (pixels[i] as number) | ((pixels[i + 1] as number) << 8);
  else for (let i = 0; i < pixels.length; i++) total += pixels[i] as number;
  return Math.round((total / (wide ? pixels.length / 2 : pixels.length)) * 1000) / 1000;
}

/** One line for people. */
export function inWords(report: Report): string {
  const { file, kind, frames, width, height, pixelFormat, photometric, transferSyntax, times, regions, odd, pixels } = report;
  const calibrated = regions.map(
    ({ kind: what, x0, y0, x1, y1, deltaX, deltaY, unitX, unitY }) =>
      `${what} ${x0},${y0}–${x1},${y1} ${deltaX} ${unitX}/px, ${deltaY} ${unitY}/px`,
  );
  const parts = [
    `${kind}, ${frames} ${frames === 1 ? 'frame' : 'frames'} of ${width}x${height}`,
    `${pixelFormat} (${photometric}, ${transferSyntax})`,
    frames > 1 ? `${times.fps} frames/s (${round(times.minIntervalMs)} to ${round(times.maxIntervalMs)} ms)` : 'a still',
    calibrated.length === 0 ? 'not calibrated' : `calibrated: ${calibrated.join('; ')}`,
    ...(odd.length === 0 ? [] : [`odd: ${odd.join('; ')}`]),
    ...(pixels === undefined ? [] : [`pixels: ${pixels.map((sum) => `${sum.frame} ${sum.mean} ${sum.crc32}`).join(', ')}`]),
  ];
  return `${file}: ${parts.join(' · ')}`;
}

const round = (ms: number): number => Math.round(ms * 1000) / 1000;
