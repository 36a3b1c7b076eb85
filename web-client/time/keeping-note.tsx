import { Check, CircleDot, HardDrive, TriangleAlert } from 'lucide-react';
import type { ArchiveState, Kept } from '../../src/protocol/examination-messages.ts';
import { runningClip } from '../examination/examination-state.ts';
import { useMarks, useMonitorState, useServerMs, useWords } from '../hooks.ts';
import { streamOf } from '../monitor-state.ts';
import { errorWords } from '../words/error-words.ts';
import type { Words } from '../words/words.ts';
import { useExamination } from './time-hooks.ts';
import { spanText } from './time-texts.ts';

/** One line: what is wrong with keeping, what runs, what was kept last. It is always there, so that nothing jumps. */
export function KeepingNote() {
  const nowMs = useServerMs(1000);
  const { archive, kept, refusal, lastKept, ...rest } = useExamination();
  const { selected } = useMonitorState();
  const words = useWords();
  const { say } = words;
  const running = runningClip({ archive, kept, refusal, lastKept, ...rest }, selected);
  const last = kept.find((one) => one.kept === lastKept);
  const refused = refusal && errorWords(words, refusal);
  const other = useOtherRefusal();
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
      {refused === undefined && other !== undefined && (
        <p className="refused" title={other.remedy}>
          <TriangleAlert aria-hidden="true" />
          {other.message}
        </p>
      )}
      {running !== undefined && (
        <p className="runs">
          <CircleDot aria-hidden="true" />
          {say('time.running', { seconds: spanText(words, Math.max(running.toUs, (nowMs ?? 0) * 1000) - running.fromUs) })}
        </p>
      )}
      {refusal === undefined && running === undefined && last !== undefined && <LastKept kept={last} />}
    </div>
  );
}

/** What was refused of marks and stages: their panel may be closed. */
function useOtherRefusal(): { readonly message: string; readonly remedy?: string } | undefined {
  const state = useMonitorState();
  const { selected, refusals } = state;
  const words = useWords();
  const stepRefusal = useMarks((marks) => marks.stepRefusal);
  const calibrations = useMarks((marks) => marks.calibrationRefusals);
  const unkept = useMarks(({ keeping, shown }) => keeping === 'off' && shown.length > 0);
  if (stepRefusal !== undefined) return errorWords(words, stepRefusal);
  const ofStream = [selected, ...Object.keys(calibrations).map(Number)].find((stream) => calibrations[stream] !== undefined);
  const calibration = ofStream === undefined ? undefined : calibrations[ofStream];
  if (ofStream !== undefined && calibration !== undefined) {
    const { message, remedy } = errorWords(words, calibration);
    const source = streamOf(state, ofStream)?.name ?? '';
    return { message: words.say('time.not-calibrated', { source, reason: message }), remedy };
  }
  const setting = refusals[selected];
  if (setting !== undefined) return errorWords(words, setting);
  return unkept ? { message: words.say('results.not-kept') } : undefined;
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
