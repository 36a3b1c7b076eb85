import { BehaviorSubject } from 'rxjs';
import { AppError } from '../../src/app-error.ts';
import type { Kept, Patient } from '../../src/protocol/examination-messages.ts';
import type { ServerMessage, ViewerMessage } from '../../src/protocol/messages.ts';
import type { WireError } from '../worker-messages.ts';
import { type ExaminationAction, type ExaminationState, initialExamination, reduceExamination } from './examination-state.ts';

export interface ExaminingHost {
  send(message: ViewerMessage): void;
  nextRequest(): number;
  online(): boolean;
}

type Asking = Extract<ViewerMessage, { readonly request: number }>;
/** Sent twice they do the same as once: what they name was chosen here. */
const repeatable: ReadonlySet<Asking['type']> = new Set(['keep', 'keep-until', 'bookmark', 'remove-bookmark', 'discard-kept']);

const lineDown: WireError = new AppError('server/line-down').toJSON();
const lineCut: WireError = new AppError('server/line-cut').toJSON();

/** Asks the server to keep things and to open and find examinations; what was asked while the line broke is asked again. */
export class Examining {
  readonly state$ = new BehaviorSubject<ExaminationState>(initialExamination);
  readonly #host: ExaminingHost;
  readonly #asked = new Map<number, Asking>();

  constructor(host: ExaminingHost) {
    this.#host = host;
  }

  get state(): ExaminationState {
    return this.state$.value;
  }

  act(action: ExaminationAction): void {
    const after = reduceExamination(this.state, action);
    if (after !== this.state) this.state$.next(after);
  }

  hear(message: ServerMessage): void {
    this.act({ act: 'hear', message });
    if (message.type === 'examination' && message.author !== undefined) this.#askAgain();
    if (!('request' in message) || message.request === undefined) return;
    const asked = this.#asked.get(message.request);
    if (asked === undefined) return;
    // A clip that runs is answered more than once.
    this.#asked.delete(message.request);
    if (message.type === 'error') this.#refuse(asked, message.error);
    else this.#answered(asked, message);
  }

  /** The line was cut, or ended for good: then nothing of what was seen stays. */
  lost(forGood: boolean): void {
    if (forGood) {
      this.#asked.clear();
      this.act({ act: 'clear' });
      return;
    }
    for (const [request, asked] of this.#asked) {
      if (repeatable.has(asked.type)) continue;
      this.#asked.delete(request);
      this.act({ act: 'refused', error: lineCut });
    }
  }

  /** `atUs`: of the frame on the screen. */
  keepStill(stream: number, atUs: number): void {
    this.#keep({ kind: 'still', stream, fromUs: atUs });
  }

  /** Until `endClip` where no end is given. */
  keepClip(stream: number, fromUs: number, toUs?: number): void {
    this.#keep({ kind: 'clip', stream, fromUs, ...(toUs !== undefined && { toUs }) });
  }

  /** `toUs`: of the last frame; absent: the newest. */
  endClip({ kept }: Kept, toUs?: number): void {
    this.#ask({ type: 'keep-until', request: this.#host.nextRequest(), kept, ...(toUs !== undefined && { toUs }) });
  }

  /** What failed is on this screen alone: no server has to be asked. */
  discard({ kept, state }: Kept): void {
    if (state === 'failed') this.act({ act: 'cleared-away', kept });
    else this.#ask({ type: 'discard-kept', request: this.#host.nextRequest(), kept });
  }

  bookmark(stream: number, atUs: number, text: string): void {
    const during = this.#during();
    this.#ask({ type: 'bookmark', request: this.#host.nextRequest(), bookmark: newKeptId(), stream, atUs, text, ...during });
  }

  removeBookmark(bookmark: string): void {
    this.#ask({ type: 'remove-bookmark', request: this.#host.nextRequest(), bookmark });
  }

  /** Without a patient: anonymous. */
  openExamination(patient: Patient | undefined): void {
    this.#ask({ type: 'open-examination', request: this.#host.nextRequest(), ...(patient && { patient }) });
  }

  namePatient(patient: Patient): void {
    this.#ask({ type: 'name-patient', request: this.#host.nextRequest(), patient });
  }

  closeExamination(): void {
    this.#ask({ type: 'close-examination', request: this.#host.nextRequest() });
  }

  reopen(examination: string): void {
    this.#ask({ type: 'reopen-examination', request: this.#host.nextRequest(), examination });
  }

  /** Those opened before the last one found, where it goes on. */
  find(text: string, goOn = false): void {
    const last = goOn ? this.state.found?.examinations.at(-1) : undefined;
    if (!goOn) this.act({ act: 'found', found: undefined });
    this.#ask({ type: 'find-examinations', request: this.#host.nextRequest(), text, ...(last && { beforeUs: last.openedUs }) });
  }

  lookInto(examination: string): void {
    this.#ask({ type: 'look-into', request: this.#host.nextRequest(), examination });
  }

  #keep(what: Pick<Extract<ViewerMessage, { type: 'keep' }>, 'kind' | 'stream' | 'fromUs' | 'toUs'>): void {
    const kept = newKeptId();
    if (this.#host.online()) this.act({ act: 'asked', kept });
    this.#ask({ type: 'keep', request: this.#host.nextRequest(), kept, ...what, ...this.#during() });
  }

  #during(): { examination?: string } {
    const { examination } = this.state;
    return examination === undefined ? {} : { examination: examination.examination };
  }

  #refuse(asked: Asking, error: WireError): void {
    this.act({ act: 'refused', error });
    if (asked.type !== 'bookmark' || asked.text === '') return;
    const { stream, atUs, text } = asked;
    this.act({ act: 'bookmark-refused', bookmark: { stream, atUs, text } });
  }

  #ask(message: Asking): void {
    if (!this.#host.online()) {
      this.#refuse(message, lineDown);
      return;
    }
    this.#asked.set(message.request, message);
    this.#host.send(message);
  }

  #askAgain(): void {
    for (const asked of this.#asked.values()) this.#host.send(asked);
  }

  #answered(asked: Asking, message: ServerMessage): void {
    this.act({ act: 'refused', error: undefined });
    if (message.type === 'examinations' && asked.type === 'find-examinations') {
      const before = asked.beforeUs === undefined ? [] : (this.state.found?.examinations ?? []);
      const { examinations, more } = message;
      this.act({ act: 'found', found: { text: asked.text, examinations: [...before, ...examinations], more } });
    }
    if (message.type === 'examination-content') {
      const { examination, kept, marks, bookmarks } = message;
      this.act({ act: 'looked', looked: { examination, kept, marks, bookmarks } });
    }
    if (message.type === 'examination-set') this.act({ act: 'settled' });
  }
}

export function newKeptId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
