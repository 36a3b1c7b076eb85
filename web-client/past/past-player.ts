import { AppError, asAppError } from '../../src/app-error.ts';
import type { Codec } from '../../src/codec/codec.ts';
import { type Codecs, codecByNumber } from '../../src/codec/codecs.ts';
import { type FrameFormat, frameFormat } from '../../src/frame/frame-format.ts';
import { frameFlags, frameHeaderBytes, readFrameHeader } from '../../src/protocol/frame-header.ts';
import type { ShownPicture, WireError } from '../worker-messages.ts';
import { type Batch, type Limits, type Need, nextBatch, worthKeeping } from './batches.ts';
import type { Lead, Member } from './company.ts';
import { FrameList, type PastFrame } from './frame-list.ts';
import { type Exactness, HeldFrames } from './held-frames.ts';
import { due, type Loop, type Pace, type Rate } from './pace.ts';
import type { PastAct, PastOf, PastTruth, Timeline } from './past-messages.ts';
import { type PastDescription, type PastIndex, type PastSource, Refused } from './past-source.ts';
import { pause } from './pause.ts';

/** What a player of the past shares with its worker. */
export interface PastHost {
  codecs(): Codecs;
  paint(canvas: OffscreenCanvas, format: FrameFormat, codec: Codec, payload: Uint8Array): void;
  /** Milliseconds of a clock that never goes back. */
  nowMs(): number;
  /** Something changed that is to be seen. */
  changed(): void;
}

/** What it shares with the players of other streams. */
export interface PlayerHost extends PastHost {
  /** Those that go in step with this one can show that time. */
  othersHave(us: number): boolean;
  /** How much later its picture was captured than that of the one that leads; undefined: nothing goes in step with it. */
  apartMs(): number | undefined;
}

const MiB = 1024 * 1024;
const playing: Limits = { batchFrames: 32, batchBytes: 8 * MiB, aheadBytes: 96 * MiB, aheadFrames: 300 };
/** A hand that looks for a frame: that one first, its neighbours then. */
const looking: Limits = { batchFrames: 6, batchBytes: 4 * MiB, aheadBytes: 24 * MiB, aheadFrames: 30 };
/** On a line that is too slow for that, or not known yet. */
const glancing: Limits = { batchFrames: 1, batchBytes: 4 * MiB, aheadBytes: 4 * MiB, aheadFrames: 4 };
const mostBytes = 160 * MiB;
/** A hand that has sought nothing new for so long rests. */
const restsAfterMs = 250;
/** A line that takes longer for a frame has lighter ones while the hand moves. */
const slowFrameMs = 120;
const followMs = 1000;
const shortestWaitMs = 250;
const longestWaitMs = 5000;
/** Of the index around the place where the past is entered; the rest comes after. */
const nearUs = 5_000_000;

const lineDown: WireError = new AppError('server/unreached').toJSON();

/** Shows frames of the past: fetches them in the order in which they will be needed, draws them when they are due, says what is shown. */
export class PastPlayer implements Member {
  readonly #host: PlayerHost;
  readonly #past: PastOf;
  readonly #source: PastSource;
  readonly #list = new FrameList();
  readonly #descriptions = new Map<number, PastDescription>();
  readonly #held = new HeldFrames();
  readonly #closing = new AbortController();
  #canvas: OffscreenCanvas | undefined;
  /** Capture time of the frame that is wanted on the screen; undefined: the newest, as soon as it is known. */
  #atUs: number | undefined;
  #picture: ShownPicture | undefined;
  /** How the frame on the canvas is. */
  #exactness: Exactness = 'exact';
  /** Runs while a hand moves over the time. */
  #hand: ReturnType<typeof setTimeout> | undefined;
  /** Of the line, as the last answer came. */
  #bytesPerMs: number | undefined;
  #pace: Pace | undefined;
  /** By another player; undefined: it goes on its own. */
  #led: Lead | undefined;
  /** Time stands still until those that go in step have their frames. */
  #heldForOthers = false;
  #indexed = false;
  #rate: Rate = 1;
  #loop: Loop | undefined;
  #direction: 1 | -1 = 1;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #fetching: { readonly batch: readonly PastFrame[]; readonly exactness: Exactness; readonly abort: AbortController } | undefined;
  /** The index reaches back to the oldest frame. */
  #whole: boolean;
  #begun = false;
  readonly #orders: PastAct[] = [];
  #failures = 0;
  #error: WireError | undefined;
  #timeline: { readonly frames: readonly PastFrame[]; readonly timeline: Timeline | undefined } | undefined;

  constructor(host: PlayerHost, past: PastOf, source: PastSource, atUs: number | undefined, play: boolean) {
    this.#host = host;
    this.#past = past;
    this.#source = source;
    this.#atUs = atUs;
    this.#whole = !source.rolling;
    void this.#keepIndex(play);
  }

  setCanvas(canvas: OffscreenCanvas): void {
    this.#canvas = canvas;
    this.#picture = undefined;
    this.#show();
  }

  /** Before the place is found where it is entered, orders wait. */
  obey(act: PastAct): void {
    if (!this.#begun) {
      this.#orders.push(act);
      return;
    }
    switch (act.act) {
      case 'seek':
        this.#stop();
        this.#moveHand();
        this.#goTo(this.#list.shownAt(act.atUs), act.atUs);
        break;
      case 'step':
        this.#stop();
        this.#restHand();
        this.#goTo(this.#position() + act.frames);
        break;
      case 'peak':
        this.#goToPeak(act.direction);
        break;
      case 'play':
        if (act.playing) this.#play();
        else this.#stop();
        break;
      case 'rate':
        this.#rate = act.rate;
        if (this.#pace !== undefined) this.#play();
        break;
      case 'loop':
        this.#loop = act.loop;
        if (this.#pace !== undefined) this.#play();
        break;
      case 'open':
      case 'open-in-step':
      case 'close':
        break;
    }
    this.#host.changed();
  }

  get lead(): Lead {
    const pace = this.#timer === undefined ? undefined : this.#pace;
    const [playing, handMoves] = [this.#pace !== undefined, this.#hand !== undefined];
    return { atUs: this.#atUs, playing, pace, rate: this.#rate, loop: this.#loop, handMoves };
  }

  get shownUs(): number | undefined {
    return this.#picture?.capturedUs;
  }

  follow(lead: Lead): void {
    this.#stop();
    this.#led = lead;
    this.#rate = lead.rate;
    this.#loop = lead.loop;
    if (lead.playing) this.#direction = 1;
    if (this.#begun) this.#keepUp();
    else this.#atUs ??= lead.atUs;
  }

  takeLead(): void {
    const led = this.#led;
    this.leave();
    if (led?.playing === true) this.obey({ act: 'play', playing: true });
  }

  leave(): void {
    this.#stop();
    this.#led = undefined;
  }

  has(us: number): boolean {
    if (!this.#indexed || this.#error !== undefined) return this.#error !== undefined;
    const frame = this.#list.at(this.#list.shownAt(us));
    return frame === undefined || this.#held.isSettled(frame.capturedUs, 'exact');
  }

  goOn(): void {
    if (this.#heldForOthers) this.#goOn();
  }

  /** New codecs may read what the old ones could not. */
  redraw(): void {
    this.#picture = undefined;
    this.#show();
  }

  truth(): PastTruth {
    const shownUs = this.#picture?.capturedUs;
    const position = shownUs === undefined ? -1 : this.#list.from(shownUs);
    const frame = this.#list.at(position);
    const kept = !this.#source.rolling && shownUs !== undefined;
    return {
      past: this.#past,
      picture: this.#picture,
      atUs: this.#atUs,
      exactness: this.#exactness,
      waiting: this.#atUs === undefined || this.#atUs !== shownUs,
      playing: this.#moving,
      rate: this.#rate,
      loop: this.#loop,
      apartMs: this.#host.apartMs(),
      gap: this.#list.gapBefore(position),
      rPeak: frame !== undefined && (frame.flags & frameFlags.rPeak) !== 0,
      frame: kept ? { number: position + 1, of: this.#list.length } : undefined,
      timeline: this.#timelineNow(),
      nothing: this.#indexed && this.#list.length === 0,
      error: this.#error,
    };
  }

  close(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#hand);
    this.#closing.abort();
    this.#fetching?.abort.abort();
    this.#held.clear();
  }

  get #moving(): boolean {
    return this.#pace !== undefined || this.#led?.playing === true;
  }

  /** A hand goes over the time, and does not rest until it has sought nothing for a while. */
  #moveHand(): void {
    clearTimeout(this.#hand);
    this.#hand = setTimeout(() => {
      this.#restHand();
      this.#show();
      this.#host.changed();
    }, restsAfterMs);
  }

  #restHand(): void {
    clearTimeout(this.#hand);
    this.#hand = undefined;
  }

  /** What is fetched for the screen now. */
  get #wantedExactness(): Exactness {
    const handMoves = this.#led?.handMoves ?? this.#hand !== undefined;
    return handMoves && !this.#moving && this.#isSlow() ? 'light' : 'exact';
  }

  #isSlow(): boolean {
    const bytes = this.#list.at(this.#position())?.bytes ?? 0;
    return this.#bytesPerMs !== undefined && bytes / this.#bytesPerMs > slowFrameMs;
  }

  /** To the frame that belongs to where the one that leads is. */
  #keepUp(): void {
    if (this.#led === undefined) return;
    const { atUs, pace } = this.#led;
    if (pace !== undefined) this.#tickLed(pace);
    else if (atUs !== undefined) this.#goTo(this.#list.shownAt(atUs), atUs);
  }

  /** Time runs as for the one that leads, frame by frame of this one. */
  #tickLed(pace: Pace): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const wantedUs = pace.anchorUs + Math.max(0, this.#host.nowMs() - pace.anchorMs) * 1000 * pace.rate;
    const momentUs = Math.min(wantedUs, pace.loop?.toUs ?? wantedUs);
    const position = this.#list.shownAt(momentUs);
    this.#goTo(position);
    const next = this.#list.at(position + 1);
    if (next === undefined) return;
    this.#timer = setTimeout(() => this.#tickLed(pace), Math.max(1, (next.capturedUs - momentUs) / 1000 / pace.rate));
  }

  #position(): number {
    return this.#atUs === undefined ? this.#list.length - 1 : this.#list.shownAt(this.#atUs);
  }

  /** `us`: the time that was asked for; the frame of a place whose index is not here yet is found when it comes. */
  #goTo(position: number, us?: number): void {
    const bounded = Math.min(Math.max(0, position), this.#list.length - 1);
    const frame = this.#list.at(bounded);
    const { firstUs } = this.#list;
    const before = us !== undefined && (firstUs === undefined || us < firstUs);
    const toUs = before && !this.#whole ? us : frame?.capturedUs;
    if (toUs === undefined) return;
    if (!this.#moving && this.#atUs !== undefined && toUs !== this.#atUs) this.#direction = toUs > this.#atUs ? 1 : -1;
    this.#atUs = toUs;
    this.#show();
  }

  #goToPeak(direction: 1 | -1): void {
    const position = this.#list.peak(this.#atUs ?? Number.POSITIVE_INFINITY, direction);
    this.#stop();
    if (position >= 0) this.#goTo(position);
  }

  #play(): void {
    this.#restHand();
    const { lastUs } = this.#list;
    const atEnd = this.#atUs !== undefined && this.#atUs === lastUs;
    // What was played to its end begins again.
    const anchorUs = atEnd && this.#loop === undefined && !this.#source.rolling ? this.#list.firstUs : this.#atUs;
    if (anchorUs === undefined) return;
    this.#direction = 1;
    this.#pace = { anchorUs, anchorMs: this.#host.nowMs(), rate: this.#rate, loop: this.#loop };
    this.#tick();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pace = undefined;
    this.#heldForOthers = false;
  }

  /** Draws what is due and sleeps until the next frame is. */
  #tick(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#heldForOthers = false;
    if (this.#pace === undefined) return;
    const nowMs = this.#host.nowMs();
    const next = due(this.#list, this.#pace, nowMs);
    const frame = this.#list.at(next.position);
    this.#pace = next.pace;
    if (frame === undefined) return;
    this.#atUs = frame.capturedUs;
    this.#show();
    const here = this.#held.isSettled(frame.capturedUs, 'exact');
    if (!here || !this.#host.othersHave(frame.capturedUs)) {
      // It is on its way: time stands still until it is here, so that none is passed over.
      this.#pace = { ...this.#pace, anchorUs: frame.capturedUs, anchorMs: nowMs };
      this.#heldForOthers = here;
      this.#host.changed();
      return;
    }
    if (next.waitMs !== undefined) {
      this.#timer = setTimeout(() => this.#tick(), next.waitMs);
      this.#host.changed();
      return;
    }
    if (!this.#source.rolling) this.#stop();
    // Those to come are waited for: time stands still meanwhile.
    else this.#pace = { ...this.#pace, anchorUs: frame.capturedUs, anchorMs: nowMs };
    this.#host.changed();
  }

  /** Puts the wanted frame on the canvas, or fetches it. */
  #show(): void {
    const atUs = this.#atUs;
    const finer = this.#exactness === 'light' && atUs !== undefined && this.#held.exact(atUs) !== undefined;
    if (atUs !== undefined && (this.#picture?.capturedUs !== atUs || finer)) this.#draw(atUs);
    this.#fetch();
  }

  #draw(atUs: number): boolean {
    const exact = this.#held.exact(atUs);
    // What is played is what was captured.
    const message = exact ?? (this.#moving ? undefined : this.#held.light(atUs));
    if (message === undefined || this.#canvas === undefined) return false;
    try {
      const header = readFrameHeader(new DataView(message.buffer));
      const { width, height, epoch, sequence, view, pixelFormat } = header;
      const description = this.#descriptions.get(epoch);
      const window = description?.formats?.[view].window;
      const format = frameFormat(width, height, pixelFormat, window === undefined ? {} : { window });
      this.#host.paint(this.#canvas, format, codecByNumber(this.#host.codecs(), header.codec), message.subarray(frameHeaderBytes));
      const synthetic = (header.flags & frameFlags.synthetic) !== 0;
      this.#picture = { width, height, epoch, sequence, capturedUs: header.capturedAtUs, synthetic, regions: description?.regions ?? [] };
      this.#exactness = exact === undefined ? 'light' : 'exact';
      this.#error = undefined;
      this.#host.changed();
      return true;
    } catch (thrown) {
      this.#error = asAppError(thrown, 'protocol/bad-header').toJSON();
      this.#host.changed();
      return false;
    }
  }

  #fetch(): void {
    const position = this.#position();
    if (position < 0 || this.#closing.signal.aborted) return;
    const exactness = this.#wantedExactness;
    const need: Need = {
      list: this.#list,
      position,
      direction: this.#direction,
      loop: this.#moving ? this.#loop : undefined,
      has: (us) => this.#held.isSettled(us, exactness),
    };
    const limits = this.#moving ? playing : this.#bytesPerMs === undefined || this.#isSlow() ? glancing : looking;
    if (this.#held.exactBytes > mostBytes) this.#held.keepOnly(worthKeeping(need, playing));
    const wanted = this.#list.at(position)?.capturedUs;
    if (this.#fetching !== undefined) {
      const useful = wanted === undefined || need.has(wanted) || this.#fetching.batch.some(({ capturedUs }) => capturedUs === wanted);
      const tooFine = exactness === 'light' && this.#fetching.exactness === 'exact';
      // A few frames are let in, so that a hand that never rests sees something on a slow line too.
      if (!tooFine && (useful || this.#fetching.batch.length <= looking.batchFrames)) return;
      this.#fetching.abort.abort();
    }
    const batch = nextBatch(need, limits);
    if (batch !== undefined) void this.#fetchBatch(batch, exactness);
  }

  async #fetchBatch({ first, last }: Batch, exactness: Exactness): Promise<void> {
    const batch = this.#list.frames.slice(first, last + 1);
    const fetching = { batch, exactness, abort: new AbortController() };
    const beganMs = this.#host.nowMs();
    let bytes = 0;
    this.#fetching = fetching;
    let failed = false;
    try {
      const signal = AbortSignal.any([this.#closing.signal, fetching.abort.signal]);
      for await (const message of this.#source.frames(batch, exactness, signal)) {
        bytes += message.length;
        this.#bytesPerMs = bytes / Math.max(1, this.#host.nowMs() - beganMs);
        this.#take(message, exactness);
      }
      for (const { capturedUs } of batch) if (!this.#held.isSettled(capturedUs, exactness)) this.#held.miss(capturedUs);
      this.#failures = 0;
    } catch (thrown) {
      const gone = thrown instanceof Refused && thrown.status === 404;
      if (gone) for (const { capturedUs } of batch) this.#held.miss(capturedUs);
      failed = !gone && !fetching.abort.signal.aborted && !this.#closing.signal.aborted;
      if (failed) this.#fail(thrown);
    }
    if (this.#fetching !== fetching) return;
    this.#fetching = undefined;
    if (failed) await this.#patience();
    this.#skipMissing();
    if (this.#pace === undefined) this.#show();
    else if (this.#timer === undefined) this.#goOn();
    else this.#fetch();
    // What does not come is not waited for.
    this.#host.changed();
  }

  /** What was waited for is here. */
  #goOn(): void {
    if (this.#pace === undefined || this.#timer !== undefined) return;
    this.#pace = { ...this.#pace, anchorMs: this.#host.nowMs() };
    this.#tick();
  }

  #take(message: Uint8Array<ArrayBuffer>, asked: Exactness): void {
    const us = this.#held.take(message, asked);
    // While a hand moves on, what comes is shown as long as nothing nearer is here.
    const looked = !this.#moving && this.#atUs !== undefined && !this.#held.isSettled(this.#atUs, 'light');
    if (us === this.#atUs) {
      this.#draw(us);
      this.#goOn();
    } else if (looked && this.#fetching?.batch.every(({ capturedUs }) => capturedUs !== this.#atUs)) this.#draw(us);
  }

  /** A wanted frame that is not to be had gives way to the next one that is. */
  #skipMissing(): void {
    const atUs = this.#atUs;
    if (atUs === undefined || !this.#held.isMissing(atUs) || this.#moving) return;
    const position = this.#list.from(atUs);
    const { frames } = this.#list;
    const there = ({ capturedUs }: PastFrame): boolean => !this.#held.isMissing(capturedUs);
    const next = frames.slice(position).find(there) ?? frames.slice(0, position).findLast(there);
    if (next !== undefined) this.#atUs = next.capturedUs;
  }

  /** Loads the index from the wanted place outwards, and follows what comes while the store rolls on. */
  async #keepIndex(play: boolean): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        const { firstUs, lastUs } = this.#list;
        const fromUs = this.#begun ? (lastUs ?? 0) + 1 : this.#entryUs();
        await this.#loadIndex(fromUs, undefined);
        this.#indexed = true;
        if (!this.#begun && this.#list.length > 0) this.#begin(play);
        if (this.#begun && !this.#whole && firstUs !== undefined) {
          await this.#loadIndex(undefined, firstUs - 1);
          this.#whole = true;
          if (this.#pace === undefined) this.#goTo(this.#position());
        }
        // There may be a newer one for the moment that the others look at.
        if (this.#begun) this.#keepUp();
        if (this.#failures > 0) this.#error = undefined;
        this.#failures = 0;
        this.#host.changed();
        if (!this.#source.rolling && this.#begun) return;
        await this.#dropGone();
        this.#goOn();
      } catch (thrown) {
        if (this.#closing.signal.aborted) return;
        this.#fail(thrown);
        await this.#patience();
        continue;
      }
      await pause(this.#begun && !this.#whole ? 0 : followMs, this.#closing.signal);
    }
  }

  async #dropGone(): Promise<void> {
    const oldestUs = await this.#source.oldestUs(this.#closing.signal);
    // What is on the screen stays there, and in the list, so that a step goes on from it.
    if (oldestUs !== undefined) this.#list.dropBefore(Math.min(oldestUs, this.#atUs ?? oldestUs));
  }

  #entryUs(): number | undefined {
    if (!this.#source.rolling || this.#atUs === undefined) return undefined;
    return Math.max(0, this.#atUs - nearUs);
  }

  #begin(play: boolean): void {
    this.#begun = true;
    const position = this.#position();
    this.#atUs = this.#list.at(position)?.capturedUs;
    this.#show();
    if (play) this.#play();
    this.#keepUp();
    for (const order of this.#orders.splice(0)) this.obey(order);
  }

  async #loadIndex(fromUs: number | undefined, toUs: number | undefined): Promise<void> {
    const pages: PastIndex[] = [];
    let next = fromUs;
    let more = true;
    while (more) {
      const page = await this.#source.index(next, toUs, this.#closing.signal);
      pages.push(page);
      const lastUs = page.frames.at(-1)?.capturedUs;
      more = page.more && lastUs !== undefined;
      next = (lastUs ?? 0) + 1;
    }
    for (const { descriptions } of pages) for (const [epoch, description] of descriptions) this.#descriptions.set(epoch, description);
    const frames = pages.flatMap((page) => page.frames);
    if (frames.length > 0) this.#list.add(frames);
  }

  #fail(thrown: unknown): void {
    this.#failures++;
    this.#error =
      thrown instanceof Refused ? thrown.error : thrown instanceof TypeError ? lineDown : asAppError(thrown, 'server/failed').toJSON();
    this.#host.changed();
  }

  #patience(): Promise<void> {
    return pause(Math.min(longestWaitMs, shortestWaitMs * 2 ** Math.min(this.#failures - 1, 8)), this.#closing.signal);
  }

  /** Made anew only where the list has changed. */
  #timelineNow(): Timeline | undefined {
    const { frames } = this.#list;
    if (this.#timeline?.frames !== frames) this.#timeline = { frames, timeline: timelineOf(this.#list) };
    return this.#timeline.timeline;
  }
}

function timelineOf(list: FrameList): Timeline | undefined {
  const { firstUs, lastUs, frames } = list;
  if (firstUs === undefined || lastUs === undefined) return undefined;
  const gaps = frames.flatMap((frame, position) => {
    const gap = list.gapBefore(position);
    const fromUs = frames[position - 1]?.capturedUs;
    return gap === undefined || fromUs === undefined ? [] : [{ fromUs, toUs: frame.capturedUs, lost: gap.lost }];
  });
  return {
    fromUs: firstUs,
    toUs: lastUs,
    frames: frames.length,
    lost: gaps.reduce((sum, { lost }) => sum + lost, 0),
    gaps,
    rPeaksUs: frames.filter(({ flags }) => (flags & frameFlags.rPeak) !== 0).map(({ capturedUs }) => capturedUs),
  };
}
