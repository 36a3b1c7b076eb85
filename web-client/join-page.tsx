import { LogIn, TriangleAlert } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Button, Input, Label, TextField } from 'react-aria-components';
import { useMonitor, useMonitorState } from './hooks.ts';
import { liveWords } from './live-state.ts';
import { invitationIn } from './session.ts';

/** For whom the door is shut: why, and how to come in. Nothing of any picture is left on the screen. */
export function JoinPage() {
  const monitor = useMonitor();
  const { joining, link } = useMonitorState();
  const [pasted, setPasted] = useState('');
  const [name, setName] = useState('');
  const error = joining?.error ?? (link.state === 'shut' ? link.error : undefined);
  const invitation = joining?.invitation ?? invitationIn(pasted);
  const wasIn = link.state === 'shut' && link.wasIn;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (invitation !== undefined) void monitor.comeIn(invitation, name.trim());
  };
  return (
    <main className="join" data-testid="join">
      {wasIn && (
        <p className="band" role="alert">
          <span className="band-line">
            <TriangleAlert aria-hidden="true" />
            {liveWords['not-live']}
          </span>
          <span className="band-reason">the pictures have ended here</span>
        </p>
      )}
      <h1>{headingOf(error?.code)}</h1>
      {error !== undefined && error.code !== 'access/no-session' && (
        <p className="refusal" role="status">
          {error.message}
          <br />
          <small>{error.remedy}</small>
        </p>
      )}
      <form onSubmit={submit}>
        {joining?.invitation === undefined && (
          <TextField className="text-setting" value={pasted} onChange={setPasted}>
            <Label>Link</Label>
            <Input placeholder="Paste the link you were given" spellCheck={false} autoComplete="off" />
          </TextField>
        )}
        <TextField className="text-setting" value={name} onChange={setName} maxLength={60}>
          <Label>Your name</Label>
          <Input placeholder="Seen by the operator; no patient data" autoComplete="name" />
        </TextField>
        <Button className="act" type="submit" isDisabled={invitation === undefined || joining?.waiting === true}>
          <LogIn aria-hidden="true" />
          Come in
        </Button>
        {wasIn && (
          <Button className="quiet" onPress={() => monitor.reconnect()}>
            Try again without a new invitation
          </Button>
        )}
      </form>
      <p className="hint">Not for diagnostic use</p>
    </main>
  );
}

function headingOf(code: string | undefined): string {
  if (code === 'access/expired') return 'Your invitation has expired';
  if (code === 'access/revoked') return 'Your invitation was revoked';
  if (code === 'access/sent-out') return 'An operator has sent you out';
  if (code === undefined) return 'You are invited';
  return 'Ask for an invitation';
}
