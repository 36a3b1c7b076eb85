import { Ban, Bookmark as BookmarkIcon, Columns2, FolderOpen, type LucideIcon, Printer, Search, Trash2, UserRound, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button, Input, Label, TextField } from 'react-aria-components';
import type { Bookmark, Examination, Kept } from '../../src/protocol/examination-messages.ts';
import { isAtLeast } from '../../src/protocol/roles.ts';
import { useFocusBack } from '../focus-back.ts';
import { useMonitor, useMonitorState, useWords } from '../hooks.ts';
import { streamOf } from '../monitor-state.ts';
import { useExamination } from '../time/time-hooks.ts';
import { momentText, spanText, whenText } from '../time/time-texts.ts';
import { ToldError } from '../told-error.tsx';
import { errorWords } from '../words/error-words.ts';
import { byWords } from '../words/server-words.ts';
import type { LookedInto } from './examination-state.ts';
import { keptName, patientText } from './examination-texts.ts';
import { PatientForm } from './patient-form.tsx';
import { Thumbnail } from './thumbnail.tsx';

/** Who is examined, what was kept of it, and what was examined before. */
export function ExaminationPanel() {
  useFocusBack();
  const monitor = useMonitor();
  const { role } = useMonitorState();
  const { examination, kept, bookmarks, refusal, looked } = useExamination();
  const words = useWords();
  const { say } = words;
  const operator = isAtLeast(role, 'operator');
  return (
    <aside className="panel examination" aria-label={say('examination.title')} data-testid="examination-panel">
      <header>
        <h2 className="of">{say('examination.title')}</h2>
        <Button
          className="icon"
          aria-label={say('examination.close-panel')}
          onPress={() => monitor.act({ act: 'examination-panel', open: false })}
        >
          <X aria-hidden="true" />
        </Button>
      </header>
      {refusal !== undefined && <ToldError error={refusal} />}
      {looked === undefined ? (
        <>
          <Open examination={examination} operator={operator} />
          <KeptList kept={kept} editable />
          <Bookmarks bookmarks={bookmarks} editable />
          {operator && <Earlier />}
        </>
      ) : (
        <Looked looked={looked} />
      )}
    </aside>
  );
}

function Open({ examination, operator }: { examination: Examination | undefined; operator: boolean }) {
  const { examining } = useMonitor();
  const words = useWords();
  const { say } = words;
  const [form, setForm] = useState<'new' | 'patient'>();
  const { patient } = examination ?? {};
  const { settled } = useExamination();
  // What was refused stays to be corrected.
  useEffect(() => {
    if (settled > 0) setForm(undefined);
  }, [settled]);
  return (
    <section aria-label={say('examination.patient')}>
      <p className="person-name">
        <UserRound aria-hidden="true" />
        {examination === undefined ? say('examination.none') : patientText(words, examination)}
      </p>
      <p className="person-facts">
        {examination === undefined
          ? say('examination.none-hint')
          : say('examination.since', { time: whenText(words, examination.openedUs, Date.now()) })}
      </p>
      {form !== undefined && (
        <PatientForm
          key={form}
          patient={form === 'patient' ? patient : undefined}
          act={say(form === 'new' ? 'examination.begin' : 'examination.save')}
          onCancel={() => setForm(undefined)}
          onPatient={(entered) => {
            if (form === 'new') examining.openExamination(entered);
            else examining.namePatient(entered);
          }}
        />
      )}
      {operator && form === undefined && (
        <div className="acts">
          <Button className="put" onPress={() => setForm('new')}>
            {say('examination.new')}
          </Button>
          <EndsOpen word={say('examination.new-anonymous')} onSure={() => examining.openExamination(undefined)} />
          {examination !== undefined && (
            <>
              <Button className="put" onPress={() => setForm('patient')}>
                {say(patient === undefined ? 'examination.enter-patient' : 'examination.correct')}
              </Button>
              <Sure
                word={say('examination.end')}
                question={say('examination.end-sure')}
                no={say('examination.keep-open')}
                onSure={() => examining.closeExamination()}
              />
            </>
          )}
        </div>
      )}
    </section>
  );
}

function KeptList({ kept, editable }: { kept: readonly Kept[]; editable: boolean }) {
  const { exporting } = useMonitor();
  const { say } = useWords();
  return (
    <section aria-label={say('examination.kept')}>
      <header>
        <h3>{say('examination.kept')}</h3>
        {editable && kept.length > 0 && (
          <Button className="quiet" onPress={() => exporting.setOpen(true)}>
            <Printer aria-hidden="true" />
            {say('export.print')}
          </Button>
        )}
      </header>
      {kept.length === 0 && <p className="hint">{say('examination.nothing-kept')}</p>}
      <ul className="kept-list">
        {kept.toReversed().map((one) => (
          <KeptItem key={one.kept} kept={one} editable={editable} />
        ))}
      </ul>
    </section>
  );
}

function KeptItem({ kept, editable }: { kept: Kept; editable: boolean }) {
  const monitor = useMonitor();
  const { role, selected, streams } = useMonitorState();
  const own = useExamination().author;
  const words = useWords();
  const { say } = words;
  const [asked, setAsked] = useState(false);
  const { source, fromUs, toUs, state, kind, author, lost, error } = kept;
  const what = keptName(words, kept);
  const name = say('examination.show-kept', { what, source, time: momentText(words, fromUs) });
  const of = streams.find(({ id }) => id === kept.stream)?.id ?? selected;
  const mayDiscard = editable && (role === 'operator' || own?.key === author.key);
  const show = (): void => {
    monitor.act({ act: 'select', stream: of });
    monitor.rewinding.showKept(of, kept);
  };
  return (
    <li className={`kept-item ${state}`} data-testid="kept" data-kept={kept.kept} data-state={state}>
      <button type="button" className="show" disabled={state !== 'kept'} onClick={show}>
        <Thumbnail kept={kept} />
        <span className="told">
          <b>{what}</b>
          {kind === 'clip' && <span>{spanText(words, toUs - fromUs)}</span>}
          <span>{momentText(words, fromUs)}</span>
          <span>{source}</span>
          <small>{state === 'kept' ? byWords(words, author.name) : say(`kept.${state === 'discarded' ? 'failed' : state}`)}</small>
          {lost > 0 && <small className="amiss">{say('time.missing', { count: lost })}</small>}
          {error !== undefined && <small className="amiss">{errorWords(words, error).message}</small>}
        </span>
      </button>
      {state === 'kept' && (
        <Button className="icon" aria-label={say('examination.beside', { what: name })} onPress={() => monitor.compare(kept)}>
          <Columns2 aria-hidden="true" />
        </Button>
      )}
      {(mayDiscard || state === 'failed') && state !== 'running' && (
        <Button
          className="icon"
          aria-label={say('examination.discard', { what: name })}
          onPress={() => (state === 'failed' ? monitor.examining.discard(kept) : setAsked(true))}
        >
          <Trash2 aria-hidden="true" />
        </Button>
      )}
      {asked && (
        <Asked
          word={say('examination.discard-word')}
          question={say('examination.discard-sure')}
          no={say('examination.keep-it')}
          onSure={() => monitor.examining.discard(kept)}
          onEnd={() => setAsked(false)}
        />
      )}
    </li>
  );
}

function Bookmarks({ bookmarks, editable }: { bookmarks: readonly Bookmark[]; editable: boolean }) {
  const monitor = useMonitor();
  const state = useMonitorState();
  const { author: own } = useExamination();
  const words = useWords();
  if (bookmarks.length === 0) return null;
  return (
    <section aria-label={words.say('examination.bookmarks')}>
      <header>
        <h3>{words.say('examination.bookmarks')}</h3>
      </header>
      <ul>
        {bookmarks.toReversed().map(({ bookmark, stream, atUs, text, author }) => (
          <li key={bookmark} className="bookmark-line">
            <button
              type="button"
              className="bookmark-item"
              data-testid="bookmark"
              onClick={() => {
                monitor.act({ act: 'select', stream });
                monitor.rewinding.seek(stream, atUs);
              }}
            >
              <BookmarkIcon aria-hidden="true" />
              <span>{momentText(words, atUs)}</span>
              <span>{text}</span>
              <small>
                {streamOf(state, stream)?.name ?? ''} {byWords(words, author.name)}
              </small>
            </button>
            {editable && (isAtLeast(state.role, 'operator') || own?.key === author.key) && (
              <Button
                className="icon"
                aria-label={words.say('examination.remove-bookmark', { time: momentText(words, atUs) })}
                onPress={() => monitor.examining.removeBookmark(bookmark)}
              >
                <Trash2 aria-hidden="true" />
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Earlier() {
  const { examining } = useMonitor();
  const { found } = useExamination();
  const { say } = useWords();
  const [text, setText] = useState('');
  const known = found !== undefined;
  // The latest stand there without being looked for.
  useEffect(() => {
    if (!known) examining.find('');
  }, [known, examining]);
  return (
    <section aria-label={say('examination.earlier')}>
      <header>
        <h3>{say('examination.earlier')}</h3>
      </header>
      <form
        className="find"
        onSubmit={(event) => {
          event.preventDefault();
          examining.find(text.trim());
        }}
      >
        <TextField className="text-setting" value={text} onChange={setText} maxLength={64}>
          <Label className="for-screen-readers">{say('examination.search')}</Label>
          <Input placeholder={say('examination.search')} autoComplete="off" />
        </TextField>
        <Button type="submit" className="put">
          <Search aria-hidden="true" />
          {say('examination.find')}
        </Button>
      </form>
      {found?.examinations.length === 0 && <p className="hint">{say('examination.found-none')}</p>}
      <ul>
        {found?.examinations.map((one) => (
          <FoundItem key={one.examination} examination={one} />
        ))}
      </ul>
      {found?.more === true && (
        <Button className="put" onPress={() => examining.find(found.text, true)}>
          {say('examination.more')}
        </Button>
      )}
    </section>
  );
}

function FoundItem({ examination }: { examination: Examination }) {
  const { examining } = useMonitor();
  const words = useWords();
  const { say } = words;
  return (
    <li className="found" data-testid="found">
      <Summary examination={examination} />
      <div className="acts">
        <Button className="put" onPress={() => examining.lookInto(examination.examination)}>
          {say('examination.look-into')}
        </Button>
        {examination.closedUs !== undefined && <Reopen examination={examination} />}
      </div>
    </li>
  );
}

function Summary({ examination }: { examination: Examination }) {
  const words = useWords();
  const { openedUs, closedUs, stills, clips, marks } = examination;
  const date = whenText(words, openedUs, Date.now());
  return (
    <>
      <p className="person-name">{patientText(words, examination)}</p>
      <p className="person-facts">{words.say(closedUs === undefined ? 'examination.still-open' : 'examination.closed', { date })}</p>
      <p className="person-facts">{words.say('examination.content', { stills, clips, marks })}</p>
    </>
  );
}

function Reopen({ examination }: { examination: Examination }) {
  const { examining } = useMonitor();
  const { say } = useWords();
  return <EndsOpen icon={FolderOpen} word={say('examination.reopen')} onSure={() => examining.reopen(examination.examination)} />;
}

/** Opens an examination: the one that is open then ends for everybody. */
function EndsOpen(props: Pick<SureProps, 'word' | 'icon' | 'onSure'>) {
  const { examination } = useExamination();
  const { say } = useWords();
  const question = examination && say('examination.next-sure');
  return <Sure {...props} question={question} no={say('examination.keep-open')} />;
}

function Looked({ looked: { examination, kept, bookmarks } }: { looked: LookedInto }) {
  const { examining } = useMonitor();
  const { say } = useWords();
  return (
    <>
      <section aria-label={say('examination.patient')} data-testid="looked">
        <Summary examination={examination} />
        <div className="acts">
          <Button className="put" onPress={() => examining.act({ act: 'looked', looked: undefined })}>
            {say('examination.back')}
          </Button>
          {examination.closedUs !== undefined && <Reopen examination={examination} />}
        </div>
      </section>
      <KeptList kept={kept} editable={false} />
      <Bookmarks bookmarks={bookmarks} editable={false} />
    </>
  );
}

interface SureProps {
  readonly icon?: LucideIcon;
  readonly word: string;
  /** Undefined: there is nothing to ask. */
  readonly question: string | undefined;
  readonly no: string;
  onSure(): void;
}

/** An act that is not simply undone asks once, where the hand already is. */
function Sure({ icon: Icon, question, ...rest }: SureProps) {
  const [asked, setAsked] = useState<boolean>();
  if (asked && question !== undefined) return <Asked {...rest} question={question} onEnd={() => setAsked(false)} />;
  return (
    // The keyboard is there again after the question.
    <Button className="put" autoFocus={asked === false} onPress={() => (question === undefined ? rest.onSure() : setAsked(true))}>
      {Icon !== undefined && <Icon aria-hidden="true" />}
      {rest.word}
    </Button>
  );
}

interface AskedProps extends Omit<SureProps, 'icon'> {
  readonly question: string;
  onEnd(): void;
}

/** The keyboard stands on what does nothing. */
function Asked({ word, question, no, onSure, onEnd }: AskedProps) {
  useFocusBack();
  return (
    <div
      className="sure"
      role="alertdialog"
      aria-label={question}
      onKeyDown={({ key }) => {
        if (key === 'Escape') onEnd();
      }}
    >
      <p>{question}</p>
      <Button
        className="put now"
        onPress={() => {
          onEnd();
          onSure();
        }}
      >
        <Ban aria-hidden="true" />
        {word}
      </Button>
      <Button className="put" autoFocus onPress={onEnd}>
        {no}
      </Button>
    </div>
  );
}
