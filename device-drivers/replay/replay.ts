import { basename } from 'node:path';
import Type from 'typebox';
import { AppError, type ErrorReport, printable } from '../../src/app-error.ts';
import type { DeviceDriver, DriverContext } from '../driver.ts';
import { withoutFile } from './damage.ts';
import type { Opened } from './decode-worker.ts';
import { Decoder } from './decoder.ts';
import { type LineOptions, lineFormat, RfOption, ScanOption, toSigned } from './raw-lines.ts';

const options = Type.Object(
  {
    file: Type.String({ minLength: 1, maxLength: 4096, description: 'path of the recording: DICOM or MetaImage' }),
    loop: Type.Boolean({ default: true, description: 'begin again at the end; else hold the last picture' }),
    rate: Type.Number({ default: 1, minimum: 0.1, maximum: 4, description: 'speed: 1 plays in the recorded time' }),
    scan: ScanOption,
    rf: RfOption,
  },
  { additionalProperties: false },
);

type Options = { file: string; loop: boolean; rate: number } & LineOptions;

/** Plays a recording as a live stream, paced by its own times. Decoding runs ahead in a thread of its own. */
export const replay: DeviceDriver<typeof options> = {
  name: 'replay',
  options,
  async discover() {
    return [];
  },
  async run(context, signal) {
    const decoder = new Decoder(context.options.file, fileName(context.options));
    try {
      await play(decoder, context, signal);
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    } finally {
      await decoder.close();
    }
  },
};

async function play(decoder: Decoder, context: DriverContext<Options>, signal: AbortSignal): Promise<void> {
  const { loop, rate } = context.options;
  const recording = await decoder.open(signal);
  for (const text of recording.odd) context.warn(text);
  let dueNs = context.now();
  let announced = false;
  let damagedInARow = 0;
  let rPeak = false;
  const positions = loop ? Number.POSITIVE_INFINITY : recording.frames;
  for (let position = 0; position < positions; position++) {
    const picture = await decoder.picture(position, signal);
    if (!announced) {
      announce(context, recording, rate);
      announced = true;
      dueNs = context.now();
    }
    await context.sleepUntil(dueNs);
    // What a frame that is lost would have marked, the next one does.
    rPeak ||= recording.rPeaks.has(position % recording.frames);
    if (picture instanceof Uint8Array) {
      damagedInARow = 0;
      if (context.lend({ capturedAtNs: context.now(), rPeak }, (pixels) => fill(pixels, picture, context.options))) rPeak = false;
    } else {
      damagedInARow = countDamage(context, picture, damagedInARow, recording);
    }
    decoder.done(position);
    dueNs = nextDue(context, dueNs, (recording.intervalsMs[position % recording.frames] as number) / rate);
    // A still is no loop of one frame: it is shown and held.
    if (recording.frames === 1) break;
  }
  context.hold(recording.frames === 1 ? 'a still picture' : 'the recording has ended');
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function fill(slot: Uint8Array, picture: Uint8Array, { rf }: Options): void {
  slot.set(picture);
  if (rf !== undefined) toSigned(slot);
}

function announce(context: DriverContext<Options>, { format, facts }: Opened, rate: number): void {
  const { frameIntervalMs, ...rest } = lineFormat(format, context.options, fileName(context.options));
  context.announce({ ...rest, ...(frameIntervalMs !== undefined && { frameIntervalMs: frameIntervalMs / rate }) }, facts);
}

function countDamage(context: DriverContext<Options>, error: ErrorReport, before: number, recording: Opened): number {
  const file = fileName(context.options);
  const reason = withoutFile(error.message, file);
  context.lost('replay/damaged-frame', 1);
  context.warn(reason);
  if (before + 1 < recording.frames) return before + 1;
  throw new AppError('replay/all-damaged', { file, reason });
}

const fileName = ({ file }: Options): string => printable(basename(file), 120);

/** The schedule is absolute, so that no delay adds up; more than a second behind it starts anew from now, and nothing is left out. */
function nextDue(context: DriverContext<Options>, dueNs: bigint, intervalMs: number): bigint {
  const next = dueNs + BigInt(Math.round(intervalMs * 1e6));
  return context.now() - next > 1_000_000_000n ? context.now() : next;
}
