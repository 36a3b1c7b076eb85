import { LogIn, TriangleAlert } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Button, Input, Label, TextField } from 'react-aria-components';
import { useMonitor, useMonitorState, useWords } from './hooks.ts';
import { LanguageChoice } from './language-choice.tsx';
import { invitationIn } from './session.ts';
import { ToldError } from './told-error.tsx';
import type { WordKey } from './words/words.ts';

/** For whom the door is shut: why, and how to come in. Nothing of any picture is left on the screen. */
export function JoinPage() {
  const monitor = useMonitor();
  const { joining, link } = useMonitorState();
  const { say } = useWords();
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
            {say('state.not-live')}
          </span>
          <span className="band-reason">{say('join.ended')}</span>
        </p>
      )}
      <h1>{say(headingOf(error?.code))}</h1>
      {error !== undefined && error.code !== 'access/no-session' && <ToldError error={error} role="status" />}
      <form onSubmit={submit}>
        {joining?.invitation === undefined && (
          <TextField className="text-setting" value={pasted} onChange={setPasted}>
            <Label>{say('join.link')}</Label>
            <Input placeholder={say('join.paste')} spellCheck={false} autoComplete="off" />
          </TextField>
        )}
        <TextField className="text-setting" value={name} onChange={setName} maxLength={60}>
          <Label>{say('join.name')}</Label>
          <Input placeholder={say('join.name-seen')} autoComplete="name" />
        </TextField>
        <Button className="act" type="submit" isDisabled={invitation === undefined || joining?.waiting === true}>
          <LogIn aria-hidden="true" />
          {say('join.come-in')}
        </Button>
        {wasIn && (
          <Button className="quiet" onPress={() => monitor.reconnect()}>
            {say('join.again')}
          </Button>
        )}
      </form>
      <p className="hint">{say('banner.not-diagnostic')}</p>
      <LanguageChoice />
    </main>
  );
}

function headingOf(code: string | undefined): WordKey {
  if (code === 'access/expired') return 'join.expired';
  if (code === 'access/revoked') return 'join.revoked';
  if (code === 'access/sent-out') return 'join.sent-out';
  if (code === undefined) return 'join.invited';
  return 'join.ask';
}
