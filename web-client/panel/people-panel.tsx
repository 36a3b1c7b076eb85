import { Ban, Check, Copy, DoorOpen, Eye, type LucideIcon, PenLine, SlidersHorizontal, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button, Input, Label, Switch, TextField } from 'react-aria-components';
import type { ConnectedViewer, Invitation } from '../../src/protocol/messages.ts';
import { type Role, roleNames } from '../../src/protocol/roles.ts';
import { useMonitor, useMonitorState } from '../hooks.ts';
import { type MonitorState, streamOf } from '../monitor-state.ts';
import { clockText, milliseconds, rateText, untilText } from '../texts.ts';
import { Choice } from './choice.tsx';
import { qualityWords } from './line-section.tsx';

const roleWords: Readonly<Record<Role, string>> = { observer: 'Observer', marker: 'Marker', operator: 'Operator' };
const roleShapes: Readonly<Record<Role, LucideIcon>> = { observer: Eye, marker: PenLine, operator: SlidersHorizontal };

/** For operators: who is watching, who is invited, and the way to let somebody in or send somebody out. */
export function PeoplePanel() {
  const monitor = useMonitor();
  const state = useMonitorState();
  const { viewers, invitations, doorRefusal } = state;
  return (
    <aside className="panel people" aria-label="People" data-testid="people-panel">
      <header>
        <h2 className="of">Who is watching</h2>
        <Button className="icon" aria-label="Close the list of people" onPress={() => monitor.act({ act: 'people', open: false })}>
          <X aria-hidden="true" />
        </Button>
      </header>
      <p className="for-screen-readers" role="status">
        {viewers.length === 1 ? 'One is watching' : `${viewers.length} are watching`}
      </p>
      {doorRefusal !== undefined && (
        <p className="refusal" role="alert">
          {doorRefusal.message}
          <br />
          <small>{doorRefusal.remedy}</small>
        </p>
      )}
      <ul>
        {viewers.map((viewer) => (
          <Person key={viewer.viewer} viewer={viewer} state={state} />
        ))}
      </ul>
      {state.invited ? <Invite state={state} /> : <OpenDoor />}
      {invitations.length > 0 && (
        <section aria-label="Invitations">
          <header>
            <h3>Invitations</h3>
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
  return (
    <section aria-label="Invite">
      <header>
        <h3>Invite</h3>
      </header>
      <p className="hint">
        This server can be reached from this machine alone, and whoever sits here is an operator. To invite others, start it with an address
        of this machine.
      </p>
    </section>
  );
}

function Person({ viewer, state }: { viewer: ConnectedViewer; state: MonitorState }) {
  const monitor = useMonitor();
  const { name, role, sinceUs, watches, lineBytesPerSecond, roundTripMs } = viewer;
  const own = viewer.viewer === state.viewer;
  const Shape = roleShapes[role];
  return (
    <li className="person" data-testid="person">
      <p className="person-name">
        <Shape aria-hidden="true" />
        {name}
        {own && <span className="own">this screen</span>}
      </p>
      <p className="person-facts">
        {roleWords[role]}, since {clockText(sinceUs / 1000)}
        {roundTripMs !== undefined && `, ${milliseconds(roundTripMs)} away`}
      </p>
      <p className="person-facts">
        {watches.length === 0
          ? 'Watches nothing now'
          : watches
              .map(({ stream, tier }) => `${streamOf(state, stream)?.name ?? 'Another stream'}: ${qualityWords[tier].toLowerCase()}`)
              .join(', ')}
        {lineBytesPerSecond !== undefined && `, line bears ${rateText(lineBytesPerSecond)}`}
      </p>
      {!own && <Sure word="Send out" question={`Send ${name} out?`} onSure={() => monitor.sendOut(viewer.viewer)} />}
    </li>
  );
}

function Invited({ invitation, state }: { invitation: Invitation; state: MonitorState }) {
  const monitor = useMonitor();
  const { label, role, streams, once, used, untilMs, state: now } = invitation;
  const names = streams?.map((stream) => streamOf(state, stream)?.name ?? 'a stream that is not here now').join(', ') ?? 'all streams';
  const ended = now === 'revoked' || now === 'expired';
  return (
    <li className={ended ? 'invitation ended' : 'invitation'} data-testid="invitation" data-state={now}>
      <p className="person-name">{label}</p>
      <p className="person-facts">
        {roleWords[role]}, {names}
      </p>
      <p className="person-facts">
        {stateText(now, once, used)}
        {!ended && `, until ${untilText(untilMs)}`}
      </p>
      {!ended && (
        <Sure word="Revoke" question={`End “${label}” and send out who came by it?`} onSure={() => monitor.revoke(invitation.invitation)} />
      )}
    </li>
  );
}

function stateText(now: Invitation['state'], once: boolean, used: number): string {
  if (now === 'revoked') return 'Revoked';
  if (now === 'expired') return 'Expired';
  if (once) return used === 0 ? 'Not used yet' : 'Used';
  return `Used ${used} ${used === 1 ? 'time' : 'times'}`;
}

/** An act that cannot be undone asks once, where the hand already is. */
function Sure({ word, question, onSure }: { word: string; question: string; onSure(): void }) {
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
        Keep
      </Button>
    </div>
  );
}

const spans = [60, 480, 1440, 10_080, 43_200] as const;
type Span = (typeof spans)[number];
const spanWords: Readonly<Record<Span, string>> = {
  60: '1 hour',
  480: '8 hours',
  1440: '1 day',
  10080: '1 week',
  43200: '30 days',
};

function Invite({ state }: { state: MonitorState }) {
  const monitor = useMonitor();
  const [label, setLabel] = useState('');
  const [role, setRole] = useState<Role>('observer');
  const [minutes, setMinutes] = useState<Span>(480);
  const [once, setOnce] = useState(true);
  const [left, setLeft] = useState<ReadonlySet<number>>(new Set());
  const chosen = state.streams.map(({ id }) => id).filter((id) => !left.has(id));
  const make = (): void => monitor.invite({ label: label.trim(), role, minutes, once, ...(left.size > 0 && { streams: chosen }) });
  return (
    <section aria-label="Invite" className="invite">
      <header>
        <h3>Invite</h3>
      </header>
      <TextField className="text-setting" value={label} onChange={setLabel} maxLength={80}>
        <Label>For</Label>
        <Input placeholder="Whom or where; no patient data" autoComplete="off" />
      </TextField>
      <Choice<Role>
        label="As"
        hint="observers see, markers mark too, operators set everything"
        choices={roleNames}
        value={role}
        textOf={(name) => roleWords[name]}
        onChange={setRole}
      />
      <Choice<Span>
        label="Ends after"
        hint="then the link and whoever came by it are out"
        choices={spans}
        value={String(minutes)}
        textOf={(span) => spanWords[span]}
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
        For one browser only
      </Switch>
      <Button className="put" isDisabled={label.trim() === '' || chosen.length === 0} onPress={make}>
        <DoorOpen aria-hidden="true" />
        Make a link
      </Button>
      {state.madeLink !== undefined && <MadeLink link={state.madeLink} />}
    </section>
  );
}

function MadeLink({ link }: { link: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => setCopied(link === ''), [link]);
  return (
    <div className="made" data-testid="made-link">
      <TextField className="text-setting" value={link} isReadOnly aria-label="The link">
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
        {copied ? 'Copied' : 'Copy'}
      </Button>
      <p className="hint">It is shown this once. Whoever has it comes in.</p>
    </div>
  );
}
