import { useEffect } from 'react';
import { attachCarrying } from './carrying.ts';
import { useMonitor, useMonitorState, useWords } from './hooks.ts';
import { KeptCell } from './kept-cell.tsx';
import { numberedTiles, streamOf, wallInForce } from './monitor-state.ts';
import { Tile } from './picture/tile.tsx';
import { isEmpty, tileOf } from './wall-state.ts';

/** The pictures of the room, each at its place. */
export function WallGrid() {
  const monitor = useMonitor();
  const state = useMonitorState();
  const { say } = useWords();
  useEffect(() => attachCarrying(monitor), [monitor]);
  const { streams, link, display } = state;
  const { cells, columns, rows } = wallInForce(state);
  const numbered = numberedTiles(state);
  return (
    <main className="tiles" style={{ '--columns': columns, '--rows': rows, '--columns-upright': cells.length > 2 ? 2 : 1 }}>
      {streams.length > 0 &&
        cells.map((cell, at) => {
          const stream = cell.stream === undefined ? undefined : streamOf(state, cell.stream);
          const position = numbered.indexOf(tileOf(cell) ?? -1) + 1;
          const key = isEmpty(cell) ? `place ${at}` : `${cell.stream ?? ''}/${cell.kept ?? ''}`;
          return (
            <div key={key} className="cell" data-cell={at}>
              {cell.kept !== undefined && <KeptCell kept={cell.kept} position={position} />}
              {cell.kept !== undefined ? null : stream === undefined ? (
                <p className="no-picture place">{display === undefined && state.wall !== undefined ? say('wall.empty') : ''}</p>
              ) : (
                <Tile stream={stream} position={position} />
              )}
            </div>
          );
        })}
      {streams.length === 0 && (
        <p className="no-stream" role="status">
          {link.state === 'open' ? say('wall.no-stream') : say('wall.connecting')}
        </p>
      )}
    </main>
  );
}
