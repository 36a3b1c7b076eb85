import { AppError, asAppError } from '../../src/app-error.ts';
import { belongsTo, type MarkedPicture } from '../../src/marks/belonging.ts';
import type { PictureSize } from '../../src/marks/on-picture.ts';
import { openBrowserCodecs } from '../browser-codecs.ts';
import { Painter } from '../painter.ts';
import { Refused } from '../past/past-source.ts';
import type { WireError } from '../worker-messages.ts';
import { ClipFilm } from './clip-film.ts';
import { drawMarks, drawStrip, type ExportedMark, stripFor, type TruthLine, truthParts } from './composed-picture.ts';
import type { ExportNews, ExportOrder, PastFrames, PlacedMark } from './export-messages.ts';
import { isoTime } from './measurements-file.ts';
import { PastReader, paintFrame } from './past-reader.ts';

/** Makes one file: pictures are decoded, drawn on and encoded beside the thread of the live ones. */

const post = (news: ExportNews): void => self.postMessage(news);
/** Whoever cancels ends this worker. */
const never = new AbortController().signal;

type Order<Name extends ExportOrder['order']> = Extract<ExportOrder, { order: Name }>;

/** `2026-11-21 14:05:01.040 +01:00` */
const timeText = (us: number): string =>
  isoTime(us)
    .replace('T', ' ')
    .replace(/(\.\d{3})\d{3}/, '$1 ');

function opaque(canvas: OffscreenCanvas): OffscreenCanvasRenderingContext2D {
  const context = canvas.getContext('2d', { alpha: false });
  if (context === null) throw new AppError('kernels/no-simd', { where: 'this browser (no canvas in a worker)' });
  return context;
}

/** The picture in its own pixels, marks over it, the truth below it. */
async function pictureFile(
  size: PictureSize,
  capturedUs: number,
  marks: readonly ExportedMark[],
  truth: TruthLine,
  draw: (context: OffscreenCanvasRenderingContext2D) => void,
): Promise<Blob> {
  const parts = truthParts(truth, timeText(capturedUs));
  const strip = stripFor(opaque(new OffscreenCanvas(1, 1)), size.width, parts);
  const canvas = new OffscreenCanvas(size.width, size.height + strip.height);
  const context = opaque(canvas);
  draw(context);
  drawMarks(context, size, marks);
  drawStrip(context, size, strip, parts);
  return await canvas.convertToBlob({ type: 'image/png' });
}

async function shownPicture({ width, height, rgba, capturedUs, marks, truth }: Order<'shown-picture'>): Promise<void> {
  const image = new ImageData(new Uint8ClampedArray(rgba), width, height);
  const png = await pictureFile({ width, height }, capturedUs, marks, truth, (context) => context.putImageData(image, 0, 0));
  post({ news: 'picture', png, capturedUs });
}

async function pastPicture({ past, marks, truth }: Order<'past-picture'>): Promise<void> {
  const [painter, codecs, reader] = await Promise.all([
    Painter.open(),
    openBrowserCodecs(),
    PastReader.open({ ...past, toUs: past.fromUs }, never),
  ]);
  const canvas = new OffscreenCanvas(1, 1);
  for await (const frame of reader.read(never)) {
    paintFrame(painter, codecs, canvas, frame);
    const { width, height, capturedAtUs: capturedUs } = frame.header;
    const lying = marksOn(marks, past, capturedUs, { width, height, regions: frame.description?.regions ?? [] });
    const png = await pictureFile({ width, height }, capturedUs, lying, truth, (context) => context.drawImage(canvas, 0, 0));
    post({ news: 'picture', png, capturedUs });
  }
}

const marksOn = (
  marks: readonly PlacedMark[],
  { stream, kept }: PastFrames,
  capturedUs: number,
  picture: MarkedPicture,
): readonly PlacedMark[] => marks.filter((mark) => belongsTo(mark, { ...picture, stream, kept, capturedUs }));

const even = (length: number): number => length + (length % 2);

async function clip({ past, marks, truth, container, file }: Order<'clip'>): Promise<void> {
  const [painter, codecs, reader] = await Promise.all([Painter.open(), openBrowserCodecs(), PastReader.open(past, never)]);
  const { frames } = reader;
  const beginUs = frames[0]!.capturedUs;
  const usualUs = usualInterval(frames.map(({ capturedUs }) => capturedUs));
  const decoded = new OffscreenCanvas(1, 1);
  const canvas = new OffscreenCanvas(1, 1);
  const writable = await file.createWritable();
  let film: ClipFilm | undefined;
  let [size, strip] = [{ width: 0, height: 0 }, stripFor(opaque(canvas), 1, [])];
  let done = 0;
  try {
    for await (const frame of reader.read(never)) {
      const { width, height, capturedAtUs: capturedUs } = frame.header;
      const untilUs = frames[done + 1]?.capturedUs ?? capturedUs + usualUs;
      post({ news: 'progress', done: ++done, of: frames.length });
      // A held picture that was processed anew is there twice; a film has one picture for one moment.
      if (untilUs === capturedUs) continue;
      const parts = truthParts(truth, timeText(capturedUs));
      if (film === undefined) {
        size = { width, height };
        strip = stripFor(opaque(canvas), width, parts);
        [canvas.width, canvas.height] = [even(width), even(height + strip.height)];
        film = await ClipFilm.begin(writable, {
          width: canvas.width,
          height: canvas.height,
          framesPerSecond: 1e6 / usualUs,
          container,
        });
      }
      if (width !== size.width || height !== size.height) throw new AppError('export/size-changed', { frame: done });
      paintFrame(painter, codecs, decoded, frame);
      const context = opaque(canvas);
      context.fillStyle = '#000000';
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.drawImage(decoded, 0, 0);
      drawMarks(context, size, marksOn(marks, past, capturedUs, { ...size, regions: frame.description?.regions ?? [] }));
      drawStrip(context, size, strip, parts);
      await film.add(canvas, capturedUs - beginUs, untilUs - capturedUs);
    }
    await film?.end();
    post({ news: 'clip', frames: film?.frames ?? 0, codec: film?.codec ?? '' });
  } catch (thrown) {
    await film?.giveUp().catch(() => undefined);
    await writable.abort().catch(() => undefined);
    throw thrown;
  }
}

/** The middle one: a gap does not count. */
function usualInterval(timesUs: readonly number[]): number {
  const intervals = timesUs.slice(1).map((us, index) => us - timesUs[index]!);
  intervals.sort((a, b) => a - b);
  return Math.max(1000, intervals[Math.floor(intervals.length / 2)] ?? 40_000);
}

const makers: { readonly [Name in ExportOrder['order']]: (order: Order<Name>) => Promise<void> } = {
  'shown-picture': shownPicture,
  'past-picture': pastPicture,
  clip,
};

/** The type of an order follows its name, which the compiler sees for a parameter and not for a union. */
const make = <Name extends ExportOrder['order']>(name: Name, order: Order<Name>): Promise<void> => makers[name](order);

function errorFor(thrown: unknown): WireError {
  return thrown instanceof Refused ? thrown.error : asAppError(thrown, 'export/failed').toJSON();
}

self.addEventListener(
  'message',
  ({ data }: MessageEvent<ExportOrder>) => {
    make(data.order, data).catch((thrown) => post({ news: 'failed', error: errorFor(thrown) }));
  },
  { once: true },
);
