import {
  Bookmark as BookmarkIcon,
  Camera,
  ChevronsLeft,
  ChevronsRight,
  CircleDot,
  FolderHeart,
  Link2,
  type LucideIcon,
  Pause,
  Play,
  Radio,
  Repeat,
  RotateCcw,
  Square,
  StepBack,
  StepForward,
} from 'lucide-react';
import { memo, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Button, ToggleButton } from 'react-aria-components';
import { isAtLeast } from '../../src/protocol/roles.ts';
import { lastLoop, runningClip, type WrittenBookmark } from '../examination/examination-state.ts';
import { useMonitor, useMonitorState, usePastTruth, useWords } from '../hooks.ts';
import { shownStreams, streamOf, wallInForce } from '../monitor-state.ts';
import { Choice } from '../panel/choice.tsx';
import { type Rate, rates } from '../past/pace.ts';
import type { PastTruth } from '../past/past-messages.ts';
import { type ClipLead, clipLeadsS } from '../past/rewinding.ts';
import type { Words } from '../words/words.ts';
import { beginBookmark, keepStill, showLastLoop, toggleClip, toggleInStep, togglePanel } from './acts.ts';
import { KeepingNote } from './keeping-note.tsx';
import { useExamination, useRewinding } from './time-hooks.ts';
import { momentText } from './time-texts.ts';
import { TimelineBar } from './timeline-bar.tsx';

/** One strip below the pictures: the time of the selected one, and what keeps things. Absent where nothing is recorded or kept. */
export function TimeStrip() {
  const state = useMonitorState();
  const { told, examination, boundaryUs, kept, bookmarks, refusedBookmarks } = useExamination();
  const { timelines, loopStarts, bookmarking } = useRewinding();
  const { selected } = state;
  const past = usePastTruth(selected);
  const words = useWords();
  const stream = streamOf(state, selected);
  const timeline = timelines[selected];
  if (stream === undefined || (timeline === undefined && past === undefined && !told)) return null;
  const written = bookmarking === undefined ? refusedBookmarks[0] : { ...bookmarking, text: '' };
  // The same for every picture of a wall: a strip that grew on the press that selects one would move the picture from under the hand.
  const isAnythingKept = wallInForce(state).cells.some(({ kept }) => kept !== undefined);
  const rewinds = past !== undefined || isAnythingKept || Object.keys(timelines).length > 0;
  return (
    <section className="time-place" aria-label={words.say('time.title')} data-testid="time-strip">
      <div className="time-strip">
        {rewinds && (
          <Transport stream={selected} past={past} recorded={timeline !== undefined} loopStarted={loopStarts[selected] !== undefined} />
        )}
        {rewinds && (
          <TimelineBar
            stream={selected}
            name={stream.name}
            past={past}
            timeline={timeline}
            kept={kept.filter((one) => one.stream === selected)}
            bookmarks={bookmarks.filter((one) => one.stream === selected)}
            loopStartUs={loopStarts[selected]}
            boundary={
              boundaryUs === undefined
                ? undefined
                : { atUs: boundaryUs, title: words.say(examination === undefined ? 'time.boundary-closed' : 'time.boundary') }
            }
          />
        )}
        {told && <Keep stream={selected} past={past} />}
        <KeepingNote />
      </div>
      {written !== undefined && (
        <BookmarkField key={`${written.atUs} ${bookmarking === undefined}`} written={written} anew={bookmarking === undefined} />
      )}
    </section>
  );
}

interface ActProps {
  readonly icon: LucideIcon;
  readonly name: string;
  readonly word?: string;
  readonly disabled?: boolean;
  readonly className?: string;
  onPress(): void;
}

function Act({ icon: Icon, name, word, disabled = false, className = '', onPress }: ActProps) {
  return (
    <Button className={`time-act ${className}`} aria-label={name} isDisabled={disabled} onPress={onPress}>
      <Icon aria-hidden="true" />
      {word !== undefined && <span>{word}</span>}
    </Button>
  );
}

interface TransportProps {
  readonly stream: number;
  readonly past: PastTruth | undefined;
  readonly recorded: boolean;
  readonly loopStarted: boolean;
}

const Transport = memo(function Transport({ stream, past, recorded, loopStarted }: TransportProps) {
  const monitor = useMonitor();
  const { rewinding } = monitor;
  const state = useMonitorState();
  const words = useWords();
  const { say } = words;
  const severalShown = shownStreams(state).length > 1;
  const playing = past?.playing === true;
  const looping = past?.loop !== undefined;
  const hasPeaks = (past?.timeline?.rPeaksUs.length ?? 0) > 0;
  const loopName = looping ? 'time.loop-off' : loopStarted ? 'time.loop-end' : 'time.loop-start';
  return (
    <div className="transport">
      <Act
        icon={Radio}
        name={say('time.live-name')}
        word={say('time.live')}
        className={past === undefined ? 'to-live' : 'to-live away'}
        disabled={past === undefined}
        onPress={() => rewinding.live(stream)}
      />
      <Act icon={StepBack} name={say('time.back')} disabled={past === undefined && !recorded} onPress={() => rewinding.step(stream, -1)} />
      <Act
        icon={playing ? Pause : Play}
        name={say(playing ? 'time.pause' : 'time.play')}
        disabled={past === undefined}
        onPress={() => rewinding.togglePlay(stream)}
      />
      <Act icon={StepForward} name={say('time.forward')} disabled={past === undefined} onPress={() => rewinding.step(stream, 1)} />
      {past !== undefined && (
        <>
          <ToggleButton
            className={loopStarted ? 'time-act started' : 'time-act'}
            aria-label={say(loopName)}
            isSelected={looping}
            onChange={() => rewinding.markLoop(stream)}
          >
            <Repeat aria-hidden="true" />
          </ToggleButton>
          {hasPeaks && (
            <>
              <Act icon={ChevronsLeft} name={say('time.peak-back')} onPress={() => rewinding.peak(stream, -1)} />
              <Act icon={ChevronsRight} name={say('time.peak-forward')} onPress={() => rewinding.peak(stream, 1)} />
            </>
          )}
          {severalShown && (
            <ToggleButton
              className="time-act"
              aria-label={say('time.in-step-name')}
              isSelected={state.inStep}
              onChange={() => toggleInStep(monitor)}
            >
              <Link2 aria-hidden="true" />
            </ToggleButton>
          )}
          <Choice<Rate>
            label={say('time.speed', { rate: '' }).trim()}
            choices={rates}
            value={String(past.rate)}
            textOf={rateText}
            onChange={(rate) => rewinding.setRate(stream, rate)}
          />
        </>
      )}
    </div>
  );
});

const rateTexts: Readonly<Record<Rate, string>> = { 0.25: '¼×', 0.5: '½×', 1: '1×', 2: '2×' };
const rateText = (rate: Rate): string => rateTexts[rate];

const Keep = memo(function Keep({ stream, past }: Pick<TransportProps, 'stream' | 'past'>) {
  const monitor = useMonitor();
  const examination = useExamination();
  const { clipLeadS, timelines } = useRewinding();
  const { fromUs = 0, toUs = 0 } = timelines[stream] ?? {};
  const recordedS = (toUs - fromUs) / 1_000_000;
  const { role } = useMonitorState();
  const words = useWords();
  const { say } = words;
  const running = runningClip(examination, stream);
  const ofStream = past?.past.of !== 'kept';
  const marker = isAtLeast(role, 'marker');
  return (
    <div className="keep">
      {marker && (
        <>
          <Act
            icon={Camera}
            name={say('time.still-name')}
            word={say('time.still')}
            disabled={!ofStream}
            onPress={() => keepStill(monitor)}
          />
          <Act
            icon={running === undefined ? CircleDot : Square}
            name={say(running === undefined ? 'time.clip-name' : 'time.clip-end')}
            word={say('time.clip')}
            disabled={!ofStream}
            className={running === undefined ? '' : 'running'}
            onPress={() => toggleClip(monitor)}
          />
          <Choice<ClipLead>
            label={say('time.lead')}
            choices={clipLeadsS}
            value={String(clipLeadS)}
            beyondReach={clipLeadsS.filter((seconds) => seconds > recordedS && seconds !== clipLeadS)}
            textOf={(seconds) => leadText(words, seconds)}
            onChange={(seconds) => monitor.rewinding.setClipLead(seconds)}
          />
        </>
      )}
      <Act
        icon={RotateCcw}
        name={say('time.last-loop-name')}
        word={say('time.last-loop')}
        className="minor"
        disabled={lastLoop(examination, stream) === undefined}
        onPress={() => showLastLoop(monitor)}
      />
      <Act
        icon={BookmarkIcon}
        name={say('time.bookmark-name')}
        word={say('time.bookmark')}
        className="minor"
        disabled={!ofStream}
        onPress={() => beginBookmark(monitor)}
      />
      <Act icon={FolderHeart} name={say('examination.tool')} word={say('examination.title')} onPress={() => togglePanel(monitor)} />
    </div>
  );
});

function leadText({ say }: Words, seconds: ClipLead): string {
  if (seconds === 0) return say('time.lead-none');
  return seconds > 60 ? say('time.lead-minutes', { minutes: seconds / 60 }) : say('time.lead-seconds', { seconds });
}

/** Whoever writes nothing for so long wanted a bookmark without a word. */
const patienceMs = 8000;

interface BookmarkFieldProps {
  readonly written: WrittenBookmark;
  /** It was refused before. */
  readonly anew: boolean;
}

function BookmarkField({ written, anew }: BookmarkFieldProps) {
  const { examining, rewinding } = useMonitor();
  const words = useWords();
  const { stream, atUs } = written;
  const [text, setText] = useState(written.text);
  const leave = (): void => {
    if (anew) examining.act({ act: 'bookmark-settled', atUs });
    else rewinding.setBookmarking(undefined);
  };
  const field = useRef<HTMLInputElement>(null);
  const keep = (): void => {
    leave();
    examining.bookmark(stream, atUs, text.trim());
  };
  const kept = useRef(keep);
  kept.current = keep;
  // Before the next key comes; one that comes back takes nobody's keys away.
  useLayoutEffect(() => {
    if (!anew) field.current?.focus({ preventScroll: true });
  }, [anew]);
  useEffect(() => {
    if (text !== '' || anew) return;
    const timer = setTimeout(() => kept.current(), patienceMs);
    return () => clearTimeout(timer);
  }, [text, anew]);
  return (
    <form
      className="bookmark-field text-setting"
      onSubmit={(event) => {
        event.preventDefault();
        keep();
      }}
    >
      <BookmarkIcon aria-hidden="true" />
      <label htmlFor="bookmark-text">{words.say('time.bookmark-at', { time: momentText(words, atUs) })}</label>
      <input
        ref={field}
        id="bookmark-text"
        maxLength={80}
        autoComplete="off"
        placeholder={words.say('time.bookmark-text')}
        value={text}
        onChange={({ currentTarget }) => setText(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') leave();
        }}
      />
      <Button type="submit" className="put">
        {words.say('time.bookmark')}
      </Button>
    </form>
  );
}
