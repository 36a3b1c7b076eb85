import type { Examination, Kept, Patient, SharedMark } from '../../src/protocol/examination-messages.ts';
import { valueLines } from '../mark-texts.ts';
import { belongs, type KnownMark, shapeOf } from '../marks-state.ts';
import type { Monitor } from '../monitor.ts';
import { streamOf } from '../monitor-state.ts';
import type { Words } from '../words/words.ts';
import type { TruthLine } from './composed-picture.ts';
import type { Container, PastFrames, PlacedMark } from './export-messages.ts';
import type { ClipWish, PictureWish } from './exporting.ts';
import type { ListedMark, ListHead } from './measurements-file.ts';

/** What is to be seen beside the picture itself. */
export interface Besides {
  readonly marks: boolean;
  readonly patient: boolean;
}

/** An examination with what is kept of it and drawn in it. */
export interface AtHand {
  readonly examination: Examination | undefined;
  readonly kept: readonly Kept[];
  readonly marks: readonly KnownMark[];
}

/** The one that is open, to which the live pictures belong. */
export function openNow(monitor: Monitor): AtHand {
  const { examination, kept } = monitor.examining.state;
  return { examination, kept: kept.filter(isKept), marks: monitor.marking.state.shown };
}

/** The one that is looked into, else the one that is open. */
export function atHand(monitor: Monitor): AtHand {
  const { looked } = monitor.examining.state;
  if (looked === undefined) return openNow(monitor);
  return { examination: looked.examination, kept: looked.kept.filter(isKept), marks: looked.marks.flatMap(knownMark) };
}

const isKept = ({ state }: Kept): boolean => state === 'kept';

function knownMark({ mark: id, shape: told, stream, kept, revision, fromUs, untilUs, picture, author }: SharedMark): KnownMark[] {
  const shape = shapeOf(told);
  return shape === undefined
    ? []
    : [{ id, stream, kept, shape, revision, fromUs, untilUs, picture, epoch: undefined, author, changedMs: 0 }];
}

export function patientText({ say }: Words, { name, id, born }: Patient): string {
  return [name, id, born === undefined ? '' : say('export.born', { born })].filter((part) => part !== '').join(' · ');
}

function truthLine(of: AtHand, words: Words, source: string, synthetic: boolean, besides: Besides): TruthLine {
  const patient = besides.patient ? of.examination?.patient : undefined;
  return {
    source,
    synthetic: synthetic ? words.say('truth.simulated') : undefined,
    notForDiagnosis: words.say('banner.not-diagnostic'),
    patient: patient && patientText(words, patient),
  };
}

const placedMark = (words: Words, mark: KnownMark): PlacedMark => ({
  shape: mark.shape,
  lines: valueLines(words, mark, false),
  stream: mark.stream,
  kept: mark.kept,
  fromUs: mark.fromUs,
  untilUs: mark.untilUs,
  picture: mark.picture,
});

const placedMarks = ({ marks }: AtHand, words: Words, besides: Besides): readonly PlacedMark[] =>
  besides.marks ? marks.map((mark) => placedMark(words, mark)) : [];

/** What the tile of a stream shows, live, frozen or past; undefined: nothing. */
export async function shownPicture(monitor: Monitor, words: Words, stream: number, besides: Besides): Promise<PictureWish | undefined> {
  const truth = monitor.truths$.value.byStream.get(stream);
  const source = streamOf(monitor.state, stream)?.name ?? '';
  if (truth?.past !== undefined) {
    const { past, picture } = truth.past;
    if (picture === undefined) return undefined;
    if (past.of === 'stream') {
      return pastPicture(
        openNow(monitor),
        words,
        { stream, kept: undefined, atUs: picture.capturedUs },
        source,
        picture.synthetic,
        besides,
      );
    }
    const { kept } = past.kept;
    const looked = atHand(monitor);
    // What is looked at may be of another patient than the live picture beside it.
    const of = looked.kept.some((one) => one.kept === kept) ? looked : openNow(monitor);
    const place: PastPlace = { stream: past.kept.stream, kept, atUs: picture.capturedUs };
    return pastPicture(of, words, place, past.kept.source, picture.synthetic, besides);
  }
  const pixels = await monitor.takePixels(stream);
  if (pixels === undefined) return undefined;
  const { capturedUs, width, height, synthetic } = pixels;
  const live = monitor.state.frozen[stream] !== true;
  const seen = monitor.marking.state.shown.filter(
    (mark) =>
      mark.stream === stream &&
      mark.kept === undefined &&
      mark.picture.width === width &&
      mark.picture.height === height &&
      belongs(mark, capturedUs, live),
  );
  const marks = besides.marks ? seen.map((mark) => placedMark(words, mark)) : [];
  return { of: 'shown', pixels, marks, truth: truthLine(openNow(monitor), words, source, synthetic, besides) };
}

interface PastPlace {
  readonly stream: number | undefined;
  readonly kept: string | undefined;
  readonly atUs: number;
}

function pastPicture(
  examined: AtHand,
  words: Words,
  { stream, kept, atUs }: PastPlace,
  source: string,
  synthetic: boolean,
  besides: Besides,
): PictureWish {
  const past: PastFrames = { base: new URL('.', document.baseURI).href, stream, kept, fromUs: atUs, toUs: atUs };
  return { of: 'past', past, marks: placedMarks(examined, words, besides), truth: truthLine(examined, words, source, synthetic, besides) };
}

/** The first frame of something kept. */
export const keptPicture = (monitor: Monitor, words: Words, { kept, stream, source, fromUs }: Kept, besides: Besides): PictureWish =>
  pastPicture(atHand(monitor), words, { stream, kept, atUs: fromUs }, source, isSynthetic(monitor, stream), besides);

/** Capture times of the frames of clips that are on the screen now, by clip. */
export function shownFrames(monitor: Monitor): Readonly<Record<string, number>> {
  const frames: Record<string, number> = {};
  for (const { past } of monitor.truths$.value.byStream.values()) {
    if (past?.past.of === 'kept' && past.picture !== undefined) frames[past.past.kept.kept] = past.picture.capturedUs;
  }
  return frames;
}

const isSynthetic = (monitor: Monitor, stream: number | undefined): boolean =>
  stream !== undefined && streamOf(monitor.state, stream)?.synthetic === true;

export function keptClip(monitor: Monitor, words: Words, kept: Kept, container: Container, besides: Besides): ClipWish {
  const { stream, source, fromUs, toUs } = kept;
  const past: PastFrames = { base: new URL('.', document.baseURI).href, stream, kept: kept.kept, fromUs, toUs };
  const examined = atHand(monitor);
  const truth = truthLine(examined, words, source, isSynthetic(monitor, stream), besides);
  return { past, marks: placedMarks(examined, words, besides), truth, container };
}

/** The last seconds of a stream, as far as they are still there. */
export function lastClip(
  monitor: Monitor,
  words: Words,
  stream: number,
  seconds: number,
  container: Container,
  besides: Besides,
): ClipWish {
  const nowUs = Math.round((monitor.truths$.value.serverMs ?? Date.now()) * 1000);
  const past: PastFrames = {
    base: new URL('.', document.baseURI).href,
    stream,
    kept: undefined,
    fromUs: nowUs - seconds * 1e6,
    toUs: nowUs,
  };
  const source = streamOf(monitor.state, stream)?.name ?? '';
  const examined = openNow(monitor);
  const truth = truthLine(examined, words, source, isSynthetic(monitor, stream), besides);
  return { past, marks: placedMarks(examined, words, besides), truth, container };
}

/** Every mark of the examination at hand, with who drew it and when. */
export function listedMarks(monitor: Monitor): readonly ListedMark[] {
  const { exporting, examining, state } = monitor;
  const { kept: items, marks } = atHand(monitor);
  const sharedMarks = new Map(examining.state.looked?.marks.map((mark) => [mark.mark, mark]));
  return marks.map(({ id, shape, picture, stream, kept, author, fromUs, untilUs }) => {
    const shared = sharedMarks.get(id) ?? exporting.shared(id);
    const keptSource = items.find((one) => one.kept === kept)?.source;
    return {
      id,
      shape,
      picture,
      source: keptSource ?? (stream === undefined ? undefined : streamOf(state, stream)?.name) ?? '',
      kept,
      author: author?.name,
      madeUs: shared?.madeUs,
      changedUs: shared?.changedUs,
      changedBy: shared?.changedBy?.name,
      fromUs,
      untilUs,
    };
  });
}

export function listHead(monitor: Monitor, { patient: wanted }: Besides): ListHead {
  const { examination } = atHand(monitor);
  const patient = wanted ? examination?.patient : undefined;
  return {
    room: monitor.state.room,
    examination: examination?.examination,
    patient: patient && { name: patient.name, id: patient.id, born: patient.born },
    writtenUs: Math.round((monitor.truths$.value.serverMs ?? Date.now()) * 1000),
  };
}
