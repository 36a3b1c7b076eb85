import { useWords } from './hooks.ts';
import { errorWords } from './words/error-words.ts';
import type { WireError } from './worker-messages.ts';

interface ToldErrorProps {
  readonly error: WireError;
  /** `refusal`: of what somebody has just asked for, read out at once; `warning`: what is so. */
  readonly kind?: 'refusal' | 'warning';
  /** How urgently it is read out; absent: as its kind is. */
  readonly role?: 'alert' | 'status';
}

/** What happened, and below it what to do, in the language of this screen. */
export function ToldError({ error, kind = 'refusal', role }: ToldErrorProps) {
  const { message, remedy } = errorWords(useWords(), error);
  return (
    <p className={kind} role={role ?? (kind === 'refusal' ? 'alert' : undefined)}>
      {message}
      <br />
      <small>{remedy}</small>
    </p>
  );
}
