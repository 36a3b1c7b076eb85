import { useMonitor, useSubject, useWords } from '../hooks.ts';
import { isPointedAt, type TileFrame } from '../pointing.ts';
import { clockText } from '../texts.ts';
import { personWords } from '../words/server-words.ts';

/** Who points at another frame of this stream than its tile shows: over this one the same place would be other anatomy. */
export function PointsElsewhere({ frame }: { readonly frame: TileFrame }) {
  const words = useWords();
  const said = useSubject(useMonitor().pointing.others$, (others) =>
    [...others.values()]
      .filter(
        (pointer) => pointer.name !== '' && pointer.stream === frame.stream && pointer.at !== undefined && !isPointedAt(pointer, frame),
      )
      .map(({ name, atUs }) => {
        const person = personWords(words, name);
        return atUs === undefined
          ? words.say('tile.points-live', { name: person })
          : words.say('tile.points-at', { name: person, time: clockText(atUs / 1000) });
      })
      .join(' · '),
  );
  return said === '' ? null : (
    <p className="points-elsewhere" data-testid="points-elsewhere">
      {said}
    </p>
  );
}
