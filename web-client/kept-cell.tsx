import { useEffect, useRef } from 'react';
import type { Kept } from '../src/protocol/examination-messages.ts';
import { useGeneration, useMonitor, useMonitorState, useWords } from './hooks.ts';
import { describeKept } from './kept-tiles.ts';
import { Tile } from './picture/tile.tsx';
import { useExamination } from './time/time-hooks.ts';

/** The stills and clips that this screen knows: of the examination that is open, of one that is looked into, and what stands on the walls of the room. */
export function useKnownKept(): readonly Kept[] {
  const { keptOnWall, keptOnWalls } = useMonitorState();
  const { kept, looked } = useExamination();
  const known = new Map([...keptOnWalls, ...keptOnWall, ...(looked?.kept ?? []), ...kept].map((one) => [one.kept, one]));
  return [...known.values()].filter(({ state }) => state === 'kept');
}

/** A still or a clip in a place of its own, beside live pictures. */
export function KeptCell({ kept: id, position }: { kept: string; position: number }) {
  const { say } = useWords();
  const generation = useGeneration();
  const kept = useKnownKept().find((one) => one.kept === id);
  if (kept === undefined) return <p className="no-picture place">{say('wall.kept-elsewhere')}</p>;
  // Another worker knows nothing of it yet: it is opened there anew.
  return <KeptTile key={generation} kept={kept} position={position} />;
}

function KeptTile({ kept, position }: { kept: Kept; position: number }) {
  const { rewinding } = useMonitor();
  const { kept: id } = kept;
  const newest = useRef(kept);
  newest.current = kept;
  // What is told again is the same still or clip: it stays where it is, and a clip goes on.
  useEffect(() => {
    rewinding.showOnWall(newest.current);
    return () => rewinding.takeFromWall(id);
  }, [rewinding, id]);
  return <Tile stream={describeKept(kept)} position={position} />;
}
