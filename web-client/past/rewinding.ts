import { BehaviorSubject } from 'rxjs';
import type { Kept } from '../../src/protocol/examination-messages.ts';
import { isKeptTile, tileOfKept } from '../kept-tiles.ts';
import { withEntry } from '../with-entry.ts';
import type { StreamTruth, WorkerOrder } from '../worker-messages.ts';
import { type Rate, rates } from './pace.ts';
import type { PastAct, PastOf, PastTruth, Timeline } from './past-messages.ts';

/** How far back a clip begins, to choose from; 0: when it is asked for. */
export const clipLeadsS = [0, 1, 2, 5, 10, 30, 60, 120, 180] as const;
export type ClipLead = (typeof clipLeadsS)[number];

export interface RewindingState {
  /** What there is to go back to, by stream, as far as it is known. */
  readonly timelines: Readonly<Record<number, Timeline>>;
  readonly clipLeadS: ClipLead;
  /** The start of a loop whose end is not there yet, by stream. */
  readonly loopStarts: Readonly<Record<number, number>>;
  /** A moment that somebody is about to give a word to. */
  readonly bookmarking: { readonly stream: number; readonly atUs: number } | undefined;
}

export interface RewindingHost {
  order(order: WorkerOrder): void;
  truthOf(stream: number): StreamTruth | undefined;
  /** A frozen picture is let go: the live one runs on beside what is looked at. */
  thaw(stream: number): void;
  /** Streams on the screen that show the same moment as that one, without itself. */
  inStepWith(stream: number): readonly number[];
}

/** The still or clip that is looked at. */
export const keptIn = (past: PastTruth | undefined): string | undefined => (past?.past.of === 'kept' ? past.past.kept.kept : undefined);

/** The hand on the time of this screen's pictures. */
export class Rewinding {
  readonly state$ = new BehaviorSubject<RewindingState>({ timelines: {}, clipLeadS: 10, loopStarts: {}, bookmarking: undefined });
  readonly #host: RewindingHost;
  #followed: number | undefined;

  constructor(host: RewindingHost) {
    this.#host = host;
  }

  get state(): RewindingState {
    return this.state$.value;
  }

  /** The stream whose time the strip shows; undefined while there is no line. */
  follow(stream: number | undefined): void {
    if (stream === this.#followed) return;
    this.#followed = stream;
    this.#host.order({ order: 'follow-past', stream });
  }

  hearTimeline(stream: number, timeline: Timeline | undefined): void {
    this.#set({ timelines: withEntry(this.state.timelines, stream, timeline) });
  }

  /** Another worker, which knows nothing yet. */
  forget(): void {
    this.#followed = undefined;
    this.#set({ timelines: {}, loopStarts: {} });
  }

  pastOf(stream: number): PastTruth | undefined {
    return this.#host.truthOf(stream)?.past;
  }

  /** Goes to a moment of the stream; the past is entered where the live picture was shown. */
  seek(stream: number, atUs: number): void {
    if (this.pastOf(stream) === undefined && !isKeptTile(stream)) this.#open(stream, { of: 'stream' }, atUs, false);
    else this.#do(stream, { act: 'seek', atUs });
  }

  /** By frames of the past; from the live or frozen picture the past is entered at it. */
  step(stream: number, frames: number): void {
    this.#enter(stream);
    this.#do(stream, { act: 'step', frames });
  }

  peak(stream: number, direction: 1 | -1): void {
    this.#enter(stream);
    this.#do(stream, { act: 'peak', direction });
  }

  togglePlay(stream: number): void {
    const past = this.pastOf(stream);
    if (past === undefined) this.#enter(stream);
    else this.#do(stream, { act: 'play', playing: !past.playing });
  }

  /** One speed slower or faster. */
  changeRate(stream: number, by: 1 | -1): void {
    const past = this.pastOf(stream);
    const rate = past && rates[rates.indexOf(past.rate) + by];
    if (rate !== undefined) this.setRate(stream, rate);
  }

  setRate(stream: number, rate: Rate): void {
    this.#do(stream, { act: 'rate', rate });
  }

  /** First its start, then its end, then away with it. */
  markLoop(stream: number): void {
    const past = this.pastOf(stream);
    if (past?.atUs === undefined) return;
    const { atUs, loop } = past;
    const startUs = this.state.loopStarts[stream];
    if (loop !== undefined) this.setLoop(stream, undefined);
    else if (startUs === undefined) this.#set({ loopStarts: withEntry(this.state.loopStarts, stream, atUs) });
    else {
      this.setLoop(stream, { fromUs: Math.min(startUs, atUs), toUs: Math.max(startUs, atUs) });
      this.#do(stream, { act: 'play', playing: true });
    }
  }

  setLoop(stream: number, loop: PastTruth['loop']): void {
    this.#set({ loopStarts: withEntry(this.state.loopStarts, stream, undefined) });
    this.#do(stream, { act: 'loop', loop });
  }

  /** A still stands, a clip goes round. */
  showKept(stream: number, kept: Kept): void {
    this.#open(stream, { of: 'kept', kept }, kept.fromUs, kept.kind === 'clip');
    if (kept.kind === 'clip') this.#do(stream, { act: 'loop', loop: { fromUs: kept.fromUs, toUs: kept.toUs } });
  }

  /** In a tile of its own, where there is nothing live to go back to. */
  showOnWall(kept: Kept): void {
    this.showKept(tileOfKept(kept.kept), kept);
  }

  takeFromWall(kept: string): void {
    this.#do(tileOfKept(kept), { act: 'close' });
  }

  /** Back to the live picture. Answers whether there was anything to go back from. */
  live(stream: number): boolean {
    if (isKeptTile(stream) || this.pastOf(stream) === undefined) return false;
    const others = this.#goesAlone(stream) ? [] : this.#host.inStepWith(stream);
    for (const one of [stream, ...others.filter((other) => this.pastOf(other)?.past.of === 'stream')]) {
      this.#set({ loopStarts: withEntry(this.state.loopStarts, one, undefined) });
      this.#do(one, { act: 'close' });
    }
    return true;
  }

  setClipLead(clipLeadS: ClipLead): void {
    this.#set({ clipLeadS });
  }

  setBookmarking(bookmarking: RewindingState['bookmarking']): void {
    this.#set({ bookmarking });
  }

  /** At the frame that is on the screen. */
  #enter(stream: number): void {
    const truth = this.#host.truthOf(stream);
    if (truth?.past !== undefined || truth?.picture === undefined || isKeptTile(stream)) return;
    this.#open(stream, { of: 'stream' }, truth.picture.capturedUs, false);
  }

  #open(stream: number, past: PastOf, atUs: number | undefined, playing: boolean): void {
    this.#set({ loopStarts: withEntry(this.state.loopStarts, stream, undefined) });
    this.#do(stream, { act: 'open', past, atUs, playing });
    this.#host.thaw(stream);
    if (past.of === 'stream') this.#takeAlong(stream);
  }

  /** Those that go in step go back too. */
  #takeAlong(stream: number): void {
    for (const other of this.#host.inStepWith(stream)) {
      if (this.pastOf(other) !== undefined) continue;
      this.#host.order({ order: 'past', stream: other, act: { act: 'open-in-step' } });
      this.#host.thaw(other);
    }
  }

  /** What was kept has a time of its own. */
  #goesAlone(stream: number): boolean {
    return isKeptTile(stream) || this.pastOf(stream)?.past.of === 'kept';
  }

  #do(stream: number, act: PastAct): void {
    const goesOn = act.act !== 'open' && act.act !== 'close' && this.pastOf(stream) !== undefined;
    if (goesOn && !this.#goesAlone(stream)) this.#takeAlong(stream);
    this.#host.order({ order: 'past', stream, act });
  }

  #set(part: Partial<RewindingState>): void {
    this.state$.next({ ...this.state, ...part });
  }
}
