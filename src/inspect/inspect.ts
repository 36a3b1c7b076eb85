import { basename } from 'node:path';
import { crc32 } from 'node:zlib';
import { openRecording } from '../../device-drivers/replay/open-recording.ts';
import type { Recording } from '../../device-drivers/replay/recording.ts';
import { AppError, asAppError, printable } from '../app-error.ts';
import { frameBytes } from '../frame/frame-format.ts';

export interface InspectSettings {
  readonly json: boolean;
  /** Mean and checksum of every frame; else only the first one is decoded, to know that it can be. */
  readonly pixels: boolean;
}

/** What is said of one frame: the mean over all samples of the decoded pixels, and their CRC-32 in hexadecimal. */
interface FrameSum {
  readonly frame: number;
  readonly mean: number;
  readonly crc32: string;
}

/** Says of each file what it is, one line a file; answers the exit status: 1 when a file failed. */
export async function inspectFiles(files: readonly string[], settings: InspectSettings, tell: (line: string) => void): Promise<number> {
  let status = 0;
  for (const path of files) {
    const file = printable(basename(path), 120);
    try {
      const report = await inspect(await openRecording(path), file, settings.pixels);
      tell(settings.json ? JSON.stringify(report) : inWords(report));
    } catch (thrown) {
      status = 1;
      const error = asAppError(thrown, 'replay/not-readable', { file });
      tell(
        settings.json
          ? JSON.stringify({ file, ok: false, ...error.toJSON() })
          : `${file}: ${error.code}: ${error.message}; ${error.remedy}`,
      );
    }
  }
  return status;
}

type Report = Awaited<ReturnType<typeof inspect>>;

async function inspect(recording: Recording, file: string, all: boolean) {
  const { kind, frames, format, transferSyntax, photometric, intervalsMs, odd } = recording;
  const sums: FrameSum[] = [];
  const damaged: string[] = [];
  const target = new Uint8Array(frameBytes(format));
  for (let frame = 0; frame < frames && (all || sums.length === 0); frame++) {
    try {
      await recording.decode(frame, target);
      sums.push({ frame, mean: mean(target, format.pixelFormat === 'Y16'), crc32: crc32(target).toString(16).padStart(8, '0') });
    } catch (thrown) {
      damaged.push(asAppError(thrown, 'replay/not-readable', { file }).message);
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

function inWords(report: Report): string {
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
