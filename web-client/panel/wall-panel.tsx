import { Check, Grid2x2, Link2, Save, Trash2, X } from 'lucide-react';
import { useState } from 'react';
import { Button, Input, Label, Switch, TextField } from 'react-aria-components';
import type { Kept } from '../../src/protocol/examination-messages.ts';
import type { Wall, WallCell } from '../../src/protocol/wall.ts';
import { put } from '../carrying.ts';
import { keptName } from '../examination/examination-texts.ts';
import { useFocusBack } from '../focus-back.ts';
import { useMonitor, useMonitorState, useWords } from '../hooks.ts';
import { useKnownKept } from '../kept-cell.tsx';
import { type SteadyState, streamOf, wallInForce } from '../monitor-state.ts';
import { momentText } from '../time/time-texts.ts';
import { ToldError } from '../told-error.tsx';
import { isEmpty, isSame, resized, wallSizes } from '../wall-state.ts';
import type { Words } from '../words/words.ts';

/** Which pictures stand where: sizes, places, what can stand there, and what the room keeps. */
export function WallPanel() {
  useFocusBack();
  const monitor = useMonitor();
  const state = useMonitorState();
  const words = useWords();
  const { say } = words;
  const wall = wallInForce(state);
  const choose = (next: Wall | undefined): void => monitor.act({ act: 'wall', wall: next });
  return (
    <aside className="panel wall-panel" aria-label={say('wall.title')} data-testid="wall-panel">
      <header>
        <h2 className="of">{say('wall.title')}</h2>
        <Button className="icon" aria-label={say('wall.close')} onPress={() => monitor.act({ act: 'wall-panel', open: false })}>
          <X aria-hidden="true" />
        </Button>
      </header>
      <section aria-label={say('wall.sizes')}>
        <div className="wall-sizes">
          {wallSizes.map(([columns, rows]) => (
            <Button
              key={`${columns}x${rows}`}
              className={wall.columns === columns && wall.rows === rows ? 'wall-size chosen' : 'wall-size'}
              aria-label={say('wall.size', { columns, rows })}
              aria-pressed={wall.columns === columns && wall.rows === rows}
              onPress={() => choose(resized(wall, columns, rows))}
            >
              <SizeSign columns={columns} rows={rows} />
            </Button>
          ))}
        </div>
        <Button className="quiet" isDisabled={state.wall === undefined} onPress={() => choose(undefined)}>
          {say('wall.all')}
        </Button>
      </section>
      <Places wall={wall} />
      <section aria-label={say('wall.linked')}>
        <Switch className="switch" isSelected={wall.linked} onChange={(linked) => choose({ ...wall, linked })}>
          <Link2 aria-hidden="true" />
          <span className="text">{say('wall.linked')}</span>
          <span className="track" />
        </Switch>
        <p className="hint">{say('wall.linked-meaning')}</p>
      </section>
      <Saved wall={wall} />
    </aside>
  );
}

/** A small drawing of a grid. */
function SizeSign({ columns, rows }: { columns: number; rows: number }) {
  return (
    <span className="size-sign" aria-hidden="true" style={{ '--columns': columns, '--rows': rows }}>
      {[...Array(columns * rows).keys()].map((at) => (
        <i key={at} />
      ))}
    </span>
  );
}

function nameOf(cell: WallCell, state: SteadyState, known: readonly Kept[], words: Words): string {
  const { say } = words;
  if (cell.stream !== undefined) return streamOf(state, cell.stream)?.name ?? say('wall.gone');
  const kept = known.find((one) => one.kept === cell.kept);
  if (kept !== undefined) {
    return say('wall.kept-picture', { what: keptName(words, kept), time: momentText(words, kept.fromUs), source: kept.source });
  }
  if (cell.kept !== undefined) return say('wall.gone');
  return say('wall.nothing');
}

/** The wall in small, and what can stand on it: picked up here and put down there, by tap, key or drag. */
function Places({ wall }: { wall: Wall }) {
  const monitor = useMonitor();
  const state = useMonitorState();
  const words = useWords();
  const { say } = words;
  const { carried, streams } = state;
  const known = useKnownKept();
  const chips: readonly WallCell[] = [...streams.map(({ id }) => ({ stream: id })), {}, ...known.map(({ kept }) => ({ kept }))];
  return (
    <section aria-label={say('wall.places')}>
      <p className="hint">
        {carried === undefined ? say('wall.how') : say('wall.put-down', { picture: nameOf(carried, state, known, words) })}
      </p>
      <div className="wall-small" style={{ '--columns': wall.columns, '--rows': wall.rows }}>
        {[...wall.cells.entries()].map(([at, cell]) => (
          <Button
            key={`place ${at}`}
            className={isEmpty(cell) ? 'wall-place empty' : 'wall-place'}
            data-cell={at}
            data-testid={`place-${at}`}
            aria-label={say('wall.place', { place: at + 1, picture: nameOf(cell, state, known, words) })}
            onPress={() => (carried === undefined ? monitor.act({ act: 'carry', cell }) : put(monitor, at, carried))}
          >
            {nameOf(cell, state, known, words)}
          </Button>
        ))}
      </div>
      <ul className="wall-pictures" aria-label={say('wall.pictures')}>
        {chips.map((cell) => (
          <li key={JSON.stringify(cell)}>
            <button
              type="button"
              className="chip"
              data-carry={JSON.stringify(cell)}
              aria-pressed={carried !== undefined && isSame(carried, cell)}
              onClick={() => monitor.act({ act: 'carry', cell: carried !== undefined && isSame(carried, cell) ? undefined : cell })}
            >
              <Grid2x2 aria-hidden="true" />
              {isEmpty(cell) ? say('wall.nothing') : nameOf(cell, state, known, words)}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What the room keeps, the same on every monitor; and the address by which a screen on the ceiling shows it. */
function Saved({ wall }: { wall: Wall }) {
  const monitor = useMonitor();
  const { walls, role, wallRefusal } = useMonitorState();
  const { say } = useWords();
  const [name, setName] = useState('');
  /** Those there were when this one was sent; its name stays until the room has it, so that a refused one need not be typed again. */
  const [sentTo, setSentTo] = useState<readonly Wall[]>();
  if (sentTo !== undefined && walls !== sentTo) {
    setSentTo(undefined);
    if (walls.some((kept) => kept.name === name.trim())) setName('');
  }
  const operator = role === 'operator';
  const save = (): void => {
    const given = name.trim();
    if (given === '') return;
    monitor.saveWall({ ...wall, name: given });
    monitor.act({ act: 'wall', wall: { ...wall, name: given } });
    setSentTo(walls);
  };
  return (
    <section aria-label={say('wall.kept')}>
      <header>
        <h3>{say('wall.kept')}</h3>
      </header>
      {walls.length === 0 && <p className="hint">{say('wall.none-kept')}</p>}
      <ul className="wall-list">
        {walls.map((kept) => (
          <li key={kept.name}>
            <Button className="chip" aria-pressed={kept.name === wall.name} onPress={() => monitor.act({ act: 'wall', wall: kept })}>
              {kept.name === wall.name && <Check aria-hidden="true" />}
              {kept.name}
            </Button>
            <a className="chip" href={`?display=${encodeURIComponent(kept.name)}`} target="_blank" rel="noreferrer">
              {say('wall.display')}
            </a>
            {operator && (
              <Button className="icon" aria-label={say('wall.discard', { name: kept.name })} onPress={() => monitor.discardWall(kept.name)}>
                <Trash2 aria-hidden="true" />
              </Button>
            )}
          </li>
        ))}
      </ul>
      {operator && (
        <div className="wall-save">
          <TextField value={name} onChange={setName} maxLength={40}>
            <Label>{say('wall.name')}</Label>
            <Input onKeyDown={(event) => event.key === 'Enter' && save()} />
          </TextField>
          <Button className="chip" isDisabled={name.trim() === ''} onPress={save}>
            <Save aria-hidden="true" />
            {say('wall.save')}
          </Button>
        </div>
      )}
      {wallRefusal !== undefined && <ToldError error={wallRefusal} />}
    </section>
  );
}
