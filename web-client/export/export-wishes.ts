import { AppError } from '../../src/app-error.ts';
import { belongsTo } from '../../src/marks/belonging.ts';
import type { Examination, Kept, Patient } from '../../src/protocol/examination-messages.ts';
import { whoseText } from '../examination/examination-texts.ts';
import { knownMark, whoseFrame, whoseKept } from '../examination/whose.ts';
import { valueLines } from '../mark-texts.ts';
import type { KnownMark } from '../marks-state.ts';
import type { Monitor } from '../monitor.ts';
import { streamOf } from '../monitor-state.ts';
import type { Words } from '../words/words.ts';
import type { ShownPixels } from '../worker-messages.ts';
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
  return { examination, kept: kept.filter(isKept), marks: monitor.marking.state.counted };
}

/** The one that is looked into, else the one that is open. */
export function atHand(monitor: Monitor): AtHand {
  const { looked } = monitor.examining.state;
  if (looked === undefined) return openNow(monitor);
  return { examination: looked.examination, kept: looked.kept.filter(isKept), marks: looked.marks.flatMap(knownMark) };
}

const isKept = ({ state }: Kept): boolean => state === 'kept';

export function patientText({ say, date }: Words, { name, id, born }: Patient): string {
  return [name, id, born === undefined ? '' : say('examination.born', { date: date(new Date(`${born}T00:00`)) })]
    .filter((part) => part !== '')
    .join(' · ');
}

/** That whose pictures are exported. */
type Examined = Pick<AtHand, 'marks'> & { readonly examination: Pick<Examination, 'examination' | 'patient'> | undefined };

/** By what is known of the item itself: another examination may have been opened since it was chosen. */
function examinationOf(monitor: Monitor, kept: string): Examined {
  const whose = whoseKept(monitor.examining.state, kept);
  return whose.of === 'earlier' ? (whose.earlier ?? { examination: undefined, marks: [] }) : openNow(monitor);
}

function truthLine(of: Examined, words: Words, source: string, synthetic: boolean, besides: Besides): TruthLine {
  const patient = besides.patient ? of.examination?.patient : undefined;
  return {
    source,
    earlier: undefined,
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

/** Refused by the server where one of the frames is of another examination, and there is a name to stand on it. */
const namedOn = ({ examination }: Examined, { patient }: TruthLine): string | undefined =>
  patient === undefined ? undefined : examination?.examination;

const placedMarks = ({ marks }: Examined, words: Words, besides: Besides): readonly PlacedMark[] =>
  besides.marks ? marks.map((mark) => placedMark(words, mark)) : [];

/** Of a stream, which the open examination is about since its boundary. */
function streamTruth(monitor: Monitor, words: Words, source: string, { capturedUs, synthetic }: Shot, besides: Besides): TruthLine {
  const truth = truthLine(openNow(monitor), words, source, synthetic, besides);
  const { state } = monitor.examining;
  return { ...truth, earlier: whoseText(words, whoseFrame(state, capturedUs), state.examination !== undefined) };
}

type Shot = Pick<ShownPixels, 'capturedUs' | 'synthetic'>;

/** What the tile of a stream shows, live, frozen or past; undefined: nothing. Throws `examination/not-its-picture`. */
export async function shownPicture(monitor: Monitor, words: Words, stream: number, besides: Besides): Promise<PictureWish | undefined> {
  const truth = monitor.truths$.value.byStream.get(stream);
  const source = streamOf(monitor.state, stream)?.name ?? '';
  if (truth?.past !== undefined) {
    const { past, picture } = truth.past;
    if (picture === undefined) return undefined;
    if (past.of === 'stream') {
      const place = { stream, kept: undefined, atUs: picture.capturedUs };
      return pastPicture(openNow(monitor), words, place, streamTruth(monitor, words, source, picture, besides), besides);
    }
    const { kept, stream: of, source: from } = past.kept;
    const examined = examinationOf(monitor, kept);
    const line = truthLine(examined, words, from, picture.synthetic, besides);
    return pastPicture(examined, words, { stream: of, kept, atUs: picture.capturedUs }, line, besides);
  }
  const pixels = await monitor.takePixels(stream);
  if (pixels === undefined) return undefined;
  const line = streamTruth(monitor, words, source, pixels, besides);
  if (line.earlier !== undefined && line.patient !== undefined) throw new AppError('examination/not-its-picture');
  const frame = { ...pixels, stream, live: monitor.state.frozen[stream] !== true };
  const seen = monitor.marking.state.counted.filter((mark) => belongsTo(mark, frame));
  const marks = besides.marks ? seen.map((mark) => placedMark(words, mark)) : [];
  return { of: 'shown', pixels, marks, truth: line };
}

interface PastPlace {
  readonly stream: number | undefined;
  readonly kept: string | undefined;
  readonly atUs: number;
}

function pastPicture(examined: Examined, words: Words, { stream, kept, atUs }: PastPlace, truth: TruthLine, besides: Besides): PictureWish {
  const examination = namedOn(examined, truth);
  const past: PastFrames = { base: new URL('.', document.baseURI).href, stream, kept, examination, fromUs: atUs, toUs: atUs };
  return { of: 'past', past, marks: placedMarks(examined, words, besides), truth };
}

/** The first frame of something kept. */
export function keptPicture(monitor: Monitor, words: Words, { kept, stream, source, fromUs }: Kept, besides: Besides): PictureWish {
  const examined = examinationOf(monitor, kept);
  const truth = truthLine(examined, words, source, isSynthetic(monitor, stream), besides);
  return pastPicture(examined, words, { stream, kept, atUs: fromUs }, truth, besides);
}

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
  const examined = examinationOf(monitor, kept.kept);
  const truth = truthLine(examined, words, source, isSynthetic(monitor, stream), besides);
  const examination = namedOn(examined, truth);
  const past: PastFrames = { base: new URL('.', document.baseURI).href, stream, kept: kept.kept, examination, fromUs, toUs };
  return { past, marks: placedMarks(examined, words, besides), truth, container };
}

/** The last seconds of a stream, as far as they are still there; with the name of a patient, as far as they are of the open examination. */
export function lastClip(
  monitor: Monitor,
  words: Words,
  stream: number,
  seconds: number,
  container: Container,
  besides: Besides,
): ClipWish {
  const nowUs = Math.round((monitor.truths$.value.serverMs ?? Date.now()) * 1000);
  const source = streamOf(monitor.state, stream)?.name ?? '';
  const examined = openNow(monitor);
  const truth = truthLine(examined, words, source, isSynthetic(monitor, stream), besides);
  const past: PastFrames = {
    base: new URL('.', document.baseURI).href,
    stream,
    kept: undefined,
    examination: namedOn(examined, truth),
    fromUs: nowUs - seconds * 1e6,
    toUs: nowUs,
  };
  return { past, marks: placedMarks(examined, words, besides), truth, container };
}

/** Every mark of the examination at hand, with who drew it and when. */
export function listedMarks(monitor: Monitor): readonly ListedMark[] {
  const { examining, state } = monitor;
  const { kept: items, marks } = atHand(monitor);
  const sharedMarks = new Map(examining.state.looked?.marks.map((mark) => [mark.mark, mark]));
  return marks.map(({ id, shape, picture, rPeaksUs, stream, kept, author, fromUs, untilUs }) => {
    const shared = sharedMarks.get(id) ?? examining.state.marks.get(id);
    const keptSource = items.find((one) => one.kept === kept)?.source;
    return {
      id,
      shape,
      picture,
      rPeaksUs,
      stream,
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
