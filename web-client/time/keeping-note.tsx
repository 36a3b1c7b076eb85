import { Check, CircleDot, HardDrive, TriangleAlert } from 'lucide-react';
import type { ArchiveState, Kept } from '../../src/protocol/examination-messages.ts';
import { runningClip } from '../examination/examination-state.ts';
import { useMonitorState, useWords } from '../hooks.ts';
import { errorWords } from '../words/error-words.ts';
import type { Words } from '../words/words.ts';
import { useExamination } from './time-hooks.ts';
import { spanText } from './time-texts.ts';

/** One line: what is wrong with keeping, what runs, what was kept last. It is always there, so that nothing jumps. */
export function KeepingNote({ nowUs }: { nowUs: number | undefined }) {
  const { archive, kept, refusal, lastKept, ...rest } = useExamination();
  const { selected } = useMonitorState();
  const words = useWords();
  const { say } = words;
  const running = runningClip({ archive, kept, refusal, lastKept, ...rest }, selected);
  const last = kept.find((one) => one.kept === lastKept);
  const refused = refusal && errorWords(words, refusal);
  return (
    <div className="keeping" role="status" data-testid="keeping">
      {archive !== undefined && archive.state !== 'ready' && (
        <p
          className={`archive ${archive.state === 'low' ? 'soon' : 'now'}`}
          title={archive.error === undefined ? say('archive.goes-on') : errorWords(words, archive.error).remedy}
        >
          <HardDrive aria-hidden="true" />
          {archiveText(words, archive)}
        </p>
      )}
      {refused !== undefined && (
        <p className="refused" title={refused.remedy}>
          <TriangleAlert aria-hidden="true" />
          {say('time.not-kept', { reason: refused.message })}
        </p>
      )}
      {running !== undefined && (
        <p className="runs">
          <CircleDot aria-hidden="true" />
          {say('time.running', { seconds: spanText(words, Math.max(running.toUs, nowUs ?? 0) - running.fromUs) })}
        </p>
      )}
      {refusal === undefined && running === undefined && last !== undefined && <LastKept kept={last} />}
    </div>
  );
}

function LastKept({ kept }: { kept: Kept }) {
  const words = useWords();
  const { say } = words;
  if (kept.state === 'failed') {
    const error = kept.error && errorWords(words, kept.error);
    return (
      <p className="refused" title={error?.remedy}>
        <TriangleAlert aria-hidden="true" />
        {say('time.not-kept', { reason: error?.message ?? '' })}
      </p>
    );
  }
  if (kept.state !== 'kept') return <p>{say('time.writing')}</p>;
  const { kind, frames, lost, fromUs, toUs } = kept;
  return (
    <p className={lost > 0 ? 'refused' : 'safe'}>
      <Check aria-hidden="true" />
      {kind === 'still' ? say('time.kept-still') : say('time.kept-clip', { frames, seconds: spanText(words, toUs - fromUs) })}
      {lost > 0 && `, ${say('time.missing', { count: lost })}`}
    </p>
  );
}

function archiveText({ say }: Words, { state, minutesLeft }: ArchiveState): string {
  if (state === 'ready') return '';
  if (state === 'low' && minutesLeft !== undefined) return say('archive.low-minutes', { minutes: Math.round(minutesLeft) });
  return say(`archive.${state}`);
}
