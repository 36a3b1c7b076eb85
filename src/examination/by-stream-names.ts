import type { Kept, SharedMark } from '../protocol/examination-messages.ts';
import type { ExaminationContent, ExaminationRecord } from './record.ts';

/** Numbers of streams are those of one start of the server; what is kept goes with the name of its stream beside it. */
interface Placed {
  readonly stream?: number;
  readonly source?: string;
}

/**
 * A record in which streams are known by their names: after a restart with other streams, what was kept of one that is no more belongs to no
 * stream, and never to another one that has its number.
 */
export function byStreamNames(record: ExaminationRecord, streamNames: readonly string[]): ExaminationRecord {
  const names = keysOf(streamNames);
  /** Where marks of the open examination lie whose stream is not there now: they are kept as they were. */
  const elsewhere = new Map<string, Placed>();

  const placed = <Item extends { readonly stream?: number }>(item: Item): Item => {
    const source = item.stream === undefined ? undefined : names[item.stream];
    return source === undefined ? item : { ...item, source };
  };
  const placedMark = <Mark extends { readonly mark: string; readonly stream?: number }>(mark: Mark): Mark => ({
    ...placed(mark),
    ...(mark.stream === undefined && elsewhere.get(mark.mark)),
  });
  const found = <Item extends Placed>({ source, stream: _, ...item }: Item): Omit<Item, 'source'> => {
    const stream = source === undefined ? -1 : names.indexOf(source);
    return { ...item, ...(stream >= 0 && { stream }) } as unknown as Omit<Item, 'source'>;
  };
  const foundMark = <Mark extends { readonly mark: string; readonly stream?: number }>(mark: Mark): Mark =>
    found(mark as Mark & Placed) as unknown as Mark;
  const keptNow = ({ stream: before, ...item }: Kept): Kept => {
    const stream = before !== undefined && streamNames[before] === item.source ? before : streamNames.indexOf(item.source);
    return stream >= 0 ? { ...item, stream } : item;
  };
  const content = ({ kept, marks, removed, bookmarks, calibrations, ...same }: ExaminationContent): ExaminationContent => {
    const keptHere = kept.map(keptNow);
    // Drawn while the stream of what it lies on was not there, it does not know its name.
    const withKept = (mark: SharedMark): SharedMark => {
      const stream = mark.stream ?? keptHere.find((item) => item.kept === mark.kept)?.stream;
      return stream === undefined ? mark : { ...mark, stream };
    };
    return {
      ...same,
      kept: keptHere,
      marks: marks.map((mark) => withKept(foundMark(mark))),
      removed: removed.map((mark) => withKept(foundMark(mark))),
      bookmarks: bookmarks.map((bookmark) => found(bookmark) as typeof bookmark).filter(({ stream }) => stream !== undefined),
      calibrations: calibrations
        .map((calibration) => found(calibration) as typeof calibration)
        .filter(({ stream }) => stream !== undefined),
    };
  };

  const opened = (open: ExaminationContent): ExaminationContent => {
    const now = content(open);
    const isGone = new Set([...now.marks, ...now.removed].filter(({ stream }) => stream === undefined).map(({ mark }) => mark));
    elsewhere.clear();
    for (const { mark, stream, source } of [...open.marks, ...open.removed] as readonly (Placed & { readonly mark: string })[])
      if (isGone.has(mark)) elsewhere.set(mark, { ...(stream !== undefined && { stream }), ...(source !== undefined && { source }) });
    return now;
  };

  return {
    state$: record.state$,
    async open() {
      const open = await record.open();
      return open && opened(open);
    },
    lastClosedUs: () => record.lastClosedUs(),
    openExamination: (patient, by) => record.openExamination(patient, by),
    closeExamination: (by) => record.closeExamination(by),
    reopenExamination: async (examination, by) => opened(await record.reopenExamination(examination, by)),
    namePatient: (examination, patient, by) => record.namePatient(examination, patient, by),
    find: (text, beforeUs) => record.find(text, beforeUs),
    content: async (examination) => content(await record.content(examination)),
    keptNamed: async (ids) => (await record.keptNamed(ids)).map(({ examination, kept }) => ({ examination, kept: keptNow(kept) })),
    putMarks: (examination, marks, by) => record.putMarks(examination, marks.map(placedMark), by),
    removeMark: (examination, mark, by) => record.removeMark(examination, placedMark(mark), by),
    calibrate: (examination, calibration, marks) => record.calibrate(examination, placed(calibration), marks.map(placedMark)),
    putBookmark: (examination, bookmark) => record.putBookmark(examination, placed(bookmark)),
    removeBookmark: (examination, bookmark, by) => record.removeBookmark(examination, bookmark, by),
    keepFile: (examination, kept, write) => record.keepFile(examination, kept, write),
    putKept: (examination, kept, by) => record.putKept(examination, kept, by),
    removeKept: (examination, kept, by) => record.removeKept(examination, kept, by),
    fileOf: (examination, kept) => record.fileOf(examination, kept),
  };
}

/** Of several streams with one name the first, the second… */
function keysOf(names: readonly string[]): readonly string[] {
  return names.map((name, at) => {
    const before = names.slice(0, at).filter((other) => other === name).length;
    return before === 0 ? name : `${name}\n${before}`;
  });
}
