import { memo, type RefObject, useLayoutEffect, useRef } from 'react';
import { belongsTo } from '../../src/marks/belonging.ts';
import { marksOnFrame, type Whose } from '../examination/whose.ts';
import { useMarks, useMonitor, useRemPx, useWords } from '../hooks.ts';
import { spokenMark, valueLines } from '../mark-texts.ts';
import { isSeen, type KnownMark, type MarksState } from '../marks-state.ts';
import { type Placement, type Size, toTile } from '../view-transform.ts';
import { errorWords } from '../words/error-words.ts';
import { personWords } from '../words/server-words.ts';
import type { ShownPicture } from '../worker-messages.ts';
import { MarksPainter } from './marks-painter.ts';

interface MarksLayerProps {
  /** The tile. */
  readonly stream: number;
  /** The stream that the picture is of, also where it stands in a tile of its own. */
  readonly of: number | undefined;
  readonly picture: ShownPicture;
  readonly live: boolean;
  /** The still or clip that is looked at. */
  readonly kept: string | undefined;
  readonly whose: Whose;
  readonly placement: Placement;
  readonly tile: Size;
  /** For the gestures, which ask it what lies under a place. */
  readonly painter: RefObject<MarksPainter | undefined>;
}

/** The marks over the picture. React only says where: what is drawn is the painter's. */
export function MarksLayer({ stream, of, picture, live, kept, whose, placement, tile, painter }: MarksLayerProps) {
  const monitor = useMonitor();
  const words = useWords();
  const remPx = useRemPx();
  const root = useRef<SVGGElement>(null);
  useLayoutEffect(() => {
    if (root.current === null) return;
    const made = new MarksPainter(root.current, {
      lines: (mark, short) => valueLines(words, mark, short),
      person: (name) => personWords(words, name),
      trouble: (error) => errorWords(words, error).message,
      unkept: () => words.say('mark.unkept'),
    });
    painter.current = made;
    const subscription = monitor.marking.state$.subscribe((state) => {
      made.state = state;
    });
    subscription.add(
      monitor.pointing.others$.subscribe((others) => {
        made.pointers = others;
      }),
    );
    subscription.add(
      monitor.hand.cursor$.subscribe((cursor) => {
        made.cursor = cursor?.stream === stream ? cursor.at : undefined;
      }),
    );
    return () => {
      subscription.unsubscribe();
      made.close();
      painter.current = undefined;
    };
  }, [monitor, painter, stream, words]);
  useLayoutEffect(() => {
    if (painter.current !== undefined) painter.current.place = { stream, of, placement, tile, remPx, picture, live, kept, whose };
  });
  return <g ref={root} />;
}

const selectionOf = ({ selection }: MarksState) => selection;
const shownOf = ({ shown }: MarksState) => shown;

/**
 * The marks for keyboard and screen reader: one button each, and one for every point of the selected one. Pointers pass through to the
 * picture, whose gestures find what is nearest: a target larger than these would lie over the next mark.
 */
export function MarkHandles({ stream, of, picture, live, kept, whose, placement }: Omit<MarksLayerProps, 'tile' | 'painter'>) {
  const monitor = useMonitor();
  useMarks(shownOf);
  const marks = monitor.marking.state;
  const hidden = useMarks(({ hidden: none }) => none);
  const selection = useMarks(selectionOf);
  if (hidden) {
    const own = marks.shown.some((mark) => mark.kept === kept && (kept !== undefined || mark.stream === stream));
    return <HiddenNote any={own || marksOnFrame(whose, picture).length > 0} />;
  }
  const nowMs = performance.now();
  const frame = { ...picture, stream: of, kept, live };
  return marks.shown
    .filter((mark) => isSeen(marks, mark, frame, nowMs) && (whose.of === 'open' || belongsTo(mark, frame)))
    .map((mark) => (
      <HandlesOf
        key={mark.id}
        mark={mark}
        selected={selection?.id === mark.id}
        point={selection?.id === mark.id ? selection.point : undefined}
        mine={monitor.hand.mayChange(mark)}
        {...placement}
      />
    ));
}

/** Nobody is to take a picture for unmarked whose marks are hidden. */
function HiddenNote({ any }: { readonly any: boolean }) {
  const { say } = useWords();
  return any ? <p className="hidden-note">{say('tile.marks-hidden')}</p> : null;
}

/** Tabbing through a line that a hand has drawn would never end. */
const mostHandles = 40;

interface HandlesOfProps extends Placement {
  readonly mark: KnownMark;
  readonly selected: boolean;
  readonly point: number | undefined;
  readonly mine: boolean;
}

/** The tile is rendered ten times a second: of two hundred marks only those that have changed. */
const HandlesOf = memo(function HandlesOf({ mark, selected, point, mine, scale, left, top }: HandlesOfProps) {
  const monitor = useMonitor();
  const words = useWords();
  const { id, shape } = mark;
  const spoken = spokenMark(words, mark);
  const handle = (index: number | undefined, label: string) => {
    const { x, y } = toTile({ scale, left, top }, shape.points[index ?? 0]!);
    return (
      <button
        key={index ?? 'whole'}
        type="button"
        className="mark-handle"
        aria-label={label}
        aria-pressed={selected && point === index}
        style={{ translate: `${x}px ${y}px` }}
        onFocus={() => monitor.marking.act({ act: 'select', selection: { id, point: index } })}
      />
    );
  };
  const points = selected && mine && shape.points.length > 1 && shape.points.length <= mostHandles ? shape.points : [];
  return (
    <>
      {handle(
        undefined,
        mine
          ? words.say('mark.handle', { mark: spoken })
          : words.say('mark.others-handle', { mark: spoken, author: personWords(words, mark.author?.name ?? '') }),
      )}
      {points.map((_, index) => handle(index, words.say('mark.point-handle', { mark: spoken, point: index + 1, points: points.length })))}
    </>
  );
});
