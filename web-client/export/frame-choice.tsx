import { useEffect, useId, useState } from 'react';
import type { Kept } from '../../src/protocol/examination-messages.ts';
import { Thumbnail } from '../examination/thumbnail.tsx';
import { useWords } from '../hooks.ts';
import { keptPast } from '../past/past-source.ts';
import { momentText } from '../time/time-texts.ts';

interface FrameChoiceProps {
  readonly clip: Kept;
  /** Of the clip as it stands in the list. */
  readonly name: string;
  readonly atUs: number;
  onChange(atUs: number): void;
}

/** Which frame of a clip is meant: its number, its time and its picture. */
export function FrameChoice({ clip, name, atUs, onChange }: FrameChoiceProps) {
  const words = useWords();
  const id = useId();
  const times = useFrameTimes(clip.kept);
  if (times === undefined || times.length === 0) return null;
  const at = Math.max(
    0,
    times.findLastIndex((us) => us <= atUs),
  );
  const text = `${words.say('time.frame', { number: at + 1, of: times.length })} · ${momentText(words, times[at] ?? atUs)}`;
  return (
    <div className="frame-choice" data-testid="frame-choice">
      <Thumbnail kept={clip} atUs={times[at] ?? atUs} />
      <input
        id={id}
        type="range"
        min={0}
        max={times.length - 1}
        value={at}
        aria-label={words.say('export.frame', { clip: name })}
        aria-valuetext={text}
        onChange={({ currentTarget }) => onChange(times[Number(currentTarget.value)] ?? atUs)}
      />
      <output htmlFor={id}>{text}</output>
    </div>
  );
}

/** Capture times of the frames of a clip; undefined until they are known, and where the server does not say. */
function useFrameTimes(kept: string): readonly number[] | undefined {
  const [times, setTimes] = useState<readonly number[]>();
  useEffect(() => {
    const ending = new AbortController();
    timesOf(kept, ending.signal).then(setTimes, () => undefined);
    return () => ending.abort();
  }, [kept]);
  return times;
}

async function timesOf(kept: string, signal: AbortSignal): Promise<readonly number[]> {
  const source = keptPast(new URL('.', document.baseURI).href, kept);
  const times: number[] = [];
  let more = true;
  while (more) {
    const lastUs = times.at(-1);
    const page = await source.index(lastUs === undefined ? undefined : lastUs + 1, undefined, signal);
    times.push(...page.frames.map(({ capturedUs }) => capturedUs));
    more = page.more && page.frames.length > 0;
  }
  return times;
}
