import { Ban, Check, Copy, DoorOpen, Eye, type LucideIcon, PenLine, SlidersHorizontal, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button, Input, Label, Switch, TextField } from 'react-aria-components';
import type { ConnectedViewer, Invitation } from '../../src/protocol/messages.ts';
import { type Role, roleNames } from '../../src/protocol/roles.ts';
import { useFocusBack } from '../focus-back.ts';
import { useMonitor, useMonitorState, useViewers, useWords } from '../hooks.ts';
import { type SteadyState, streamOf } from '../monitor-state.ts';
import { clockText, milliseconds, rateText, untilText } from '../texts.ts';
import { ToldError } from '../told-error.tsx';
import { invitedWords, personWords } from '../words/server-words.ts';
import type { Words } from '../words/words.ts';
import { Choice } from './choice.tsx';

const roleShapes: Readonly<Record<Role, LucideIcon>> = { observer: Eye, marker: PenLine, operator: SlidersHorizontal };

/** Who is here; for operators also who is invited, and the way to let somebody in or send somebody out. */
export function PeoplePanel() {
  useFocusBack();
  const monitor = useMonitor();
  const state = useMonitorState();
  const { say } = useWords();
  const viewers = useViewers();
  const { present, invitations, doorRefusal } = state;
  const operator = state.role === 'operator';
  return (
    <aside className="panel people" aria-label={say('people.title')} data-testid="people-panel">
      <header>
        <h2 className="of">{say('people.watching')}</h2>
        <Button className="icon" aria-label={say('people.close')} onPress={() => monitor.act({ act: 'people', open: false })}>
          <X aria-hidden="true" />
        </Button>
      </header>
      <p className="for-screen-readers" role="status">
        {say('people.count', { count: operator ? viewers.length : present.length })}
      </p>
      {doorRefusal !== undefined && <ToldError error={doorRefusal} />}
      <ul>
        {operator
          ? viewers.map((viewer) => <Person key={viewer.viewer} viewer={viewer} state={state} />)
          : present.map((viewer) => <Present key={viewer.viewer} viewer={viewer} own={viewer.viewer === state.viewer} />)}
      </ul>
      {operator && (state.invited ? <Invite state={state} /> : <OpenDoor />)}
      {invitations.length > 0 && (
        <section aria-label={say('people.invitations')}>
          <header>
            <h3>{say('people.invitations')}</h3>
          </header>
          <ul>
            {invitations.map((invitation) => (
              <Invited key={invitation.invitation} invitation={invitation} state={state} />
            ))}
          </ul>
        </section>
      )}
    </aside>
  );
}

function OpenDoor() {
  const { say } = useWords();
  return (
    <section aria-label={say('people.invite')}>
      <header>
        <h3>{say('people.invite')}</h3>
      </header>
      <p className="hint">{say('people.only-here')}</p>
    </section>
  );
}

/** As much as everybody may know of the others. */
function Present({ viewer: { name, role }, own }: { viewer: SteadyState['present'][number]; own: boolean }) {
  const words = useWords();
  const { say } = words;
  const Shape = roleShapes[role];
  return (
    <li className="person" data-testid="person">
      <p className="person-name">
        <Shape aria-hidden="true" />
        {personWords(words, name)}
        {own && <span className="own">{say('people.own')}</span>}
      </p>
      <p className="person-facts">{say(`role.${role}`)}</p>
    </li>
  );
}

function Person({ viewer, state }: { viewer: ConnectedViewer; state: SteadyState }) {
  const monitor = useMonitor();
  const words = useWords();
  const { say } = words;
  const { name, role, sinceUs, watches, by, lineBytesPerSecond, roundTripMs } = viewer;
  const own = viewer.viewer === state.viewer;
  const Shape = roleShapes[role];
  return (
    <li className="person" data-testid="person">
      <p className="person-name">
        <Shape aria-hidden="true" />
        {personWords(words, name)}
        {own && <span className="own">{say('people.own')}</span>}
      </p>
      <p className="person-facts">
        {say('people.since', { role: say(`role.${role}`), time: clockText(sinceUs / 1000) })}
        {roundTripMs !== undefined && `, ${say('people.away', { roundTrip: milliseconds(roundTripMs) })}`}
      </p>
      <p className="person-facts">
        {watches.length === 0
          ? say('people.watches-nothing')
          : watches
              .map(({ stream, tier }) =>
                say('people.watches', {
                  stream: streamOf(state, stream)?.name ?? say('people.other-stream'),
                  quality: say(`watched.${tier}`),
                }),
              )
              .join(', ')}
        {by !== undefined && `, ${say(`people.by-${by}`)}`}
        {lineBytesPerSecond !== undefined && `, ${say('people.line-bears', { rate: rateText(words, lineBytesPerSecond) })}`}
      </p>
      {!own && (
        <Sure
          word={say('people.send-out')}
          question={say('people.send-out-sure', { name: personWords(words, name) })}
          onSure={() => monitor.sendOut(viewer.viewer)}
        />
      )}
    </li>
  );
}

function Invited({ invitation, state }: { invitation: Invitation; state: SteadyState }) {
  const monitor = useMonitor();
  const words = useWords();
  const { say } = words;
  const { label, role, streams, once, used, untilMs, state: now } = invitation;
  const names =
    streams?.map((stream) => streamOf(state, stream)?.name ?? say('people.gone-stream')).join(', ') ?? say('people.all-streams');
  const ended = now === 'revoked' || now === 'expired';
  return (
    <li className={ended ? 'invitation ended' : 'invitation'} data-testid="invitation" data-state={now}>
      <p className="person-name">{invitedWords(words, label)}</p>
      <p className="person-facts">
        {say(`role.${role}`)}, {names}
      </p>
      <p className="person-facts">
        {ended ? say(`people.${now}`) : say('people.until', { state: usedText(words, once, used), time: untilText(words, untilMs) })}
      </p>
      {!ended && (
        <Sure
          word={say('people.revoke')}
          question={say('people.revoke-sure', { label: invitedWords(words, label) })}
          onSure={() => monitor.revoke(invitation.invitation)}
        />
      )}
    </li>
  );
}

function usedText({ say }: Words, once: boolean, used: number): string {
  if (once) return say(used === 0 ? 'people.unused' : 'people.used');
  return say('people.used-times', { count: used });
}

/** An act that cannot be undone asks once, where the hand already is. */
function Sure({ word, question, onSure }: { word: string; question: string; onSure(): void }) {
  const { say } = useWords();
  const [asked, setAsked] = useState(false);
  if (!asked) {
    return (
      <Button className="put" onPress={() => setAsked(true)}>
        {word}
      </Button>
    );
  }
  return (
    <div className="sure" role="alertdialog" aria-label={question}>
      <p>{question}</p>
      <Button
        className="put now"
        autoFocus
        onPress={() => {
          setAsked(false);
          onSure();
        }}
      >
        <Ban aria-hidden="true" />
        {word}
      </Button>
      <Button className="put" onPress={() => setAsked(false)}>
        {say('people.keep')}
      </Button>
    </div>
  );
}

const spans = [60, 480, 1440, 10_080, 43_200] as const;
type Span = (typeof spans)[number];

function spanText({ say }: Words, minutes: Span): string {
  const hours = minutes / 60;
  if (hours < 24) return say('people.hours', { count: hours });
  return hours === 24 * 7 ? say('people.weeks', { count: 1 }) : say('people.days', { count: hours / 24 });
}

function Invite({ state }: { state: SteadyState }) {
  const monitor = useMonitor();
  const words = useWords();
  const { say } = words;
  const [label, setLabel] = useState('');
  const [role, setRole] = useState<Role>('observer');
  const [minutes, setMinutes] = useState<Span>(480);
  const [once, setOnce] = useState(true);
  const [left, setLeft] = useState<ReadonlySet<number>>(new Set());
  const chosen = state.streams.map(({ id }) => id).filter((id) => !left.has(id));
  const make = (): void => monitor.invite({ label: label.trim(), role, minutes, once, ...(left.size > 0 && { streams: chosen }) });
  return (
    <section aria-label={say('people.invite')} className="invite">
      <header>
        <h3>{say('people.invite')}</h3>
      </header>
      <TextField className="text-setting" value={label} onChange={setLabel} maxLength={80}>
        <Label>{say('people.for')}</Label>
        <Input placeholder={say('people.for-whom')} autoComplete="off" />
      </TextField>
      <Choice<Role>
        label={say('people.as')}
        hint={say('people.as-meaning')}
        choices={roleNames}
        value={role}
        textOf={(name) => say(`role.${name}`)}
        onChange={setRole}
      />
      <Choice<Span>
        label={say('people.ends')}
        hint={say('people.ends-meaning')}
        choices={spans}
        value={String(minutes)}
        textOf={(span) => spanText(words, span)}
        onChange={setMinutes}
      />
      {state.streams.length > 1 &&
        state.streams.map(({ id, name }) => (
          <Switch
            key={id}
            className="switch small"
            isSelected={!left.has(id)}
            onChange={(on) => setLeft(new Set(on ? [...left].filter((other) => other !== id) : [...left, id]))}
          >
            <span className="track" aria-hidden="true" />
            {name}
          </Switch>
        ))}
      <Switch className="switch small" isSelected={once} onChange={setOnce}>
        <span className="track" aria-hidden="true" />
        {say('people.once')}
      </Switch>
      <Button className="put" isDisabled={label.trim() === '' || chosen.length === 0} onPress={make}>
        <DoorOpen aria-hidden="true" />
        {say('people.make-link')}
      </Button>
      {state.madeLink !== undefined && <MadeLink link={state.madeLink} />}
    </section>
  );
}

function MadeLink({ link }: { link: string }) {
  const { say } = useWords();
  const [copied, setCopied] = useState(false);
  useEffect(() => setCopied(link === ''), [link]);
  return (
    <div className="made" data-testid="made-link">
      <TextField className="text-setting" value={link} isReadOnly aria-label={say('people.link')}>
        <Input onFocus={({ currentTarget }) => currentTarget.select()} />
      </TextField>
      <Button
        className="put"
        onPress={() => {
          navigator.clipboard.writeText(link).then(
            () => setCopied(true),
            () => setCopied(false),
          );
        }}
      >
        {copied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
        {say(copied ? 'people.copied' : 'people.copy')}
      </Button>
      <p className="hint">{say('people.link-once')}</p>
    </div>
  );
}
