import { asAppError } from '../src/app-error.ts';
import type { Codec } from '../src/codec/codec.ts';
import { type Codecs, codecByNumber } from '../src/codec/codecs.ts';
import { type FrameFormat, frameFormat } from '../src/frame/frame-format.ts';
import { type FrameHeader, frameFlags, type View, views } from '../src/protocol/frame-header.ts';
import type { StageState, StreamDescription, ViewerMessage } from '../src/protocol/messages.ts';
import type { ServerClock } from '../src/protocol/server-clock.ts';
import type { CodecName, TierName } from '../src/protocol/tiers.ts';
import type { StageSettings } from '../src/stage/chain.ts';
import type { Kernels } from '../wasm/kernels.ts';
import { AgeMeter, FrameRate } from './age-meter.ts';
import type { InStep } from './in-step.ts';
import { judge } from './live-state.ts';
import { Pairing } from './pairing.ts';
import { Reprocessor } from './reprocessor.ts';
import type { Quality, Shown, ShownPicture, ShownPixels, StreamTruth, WireError, WirePose } from './worker-messages.ts';

interface ReceivedFrame {
  readonly header: FrameHeader;
  readonly payload: Uint8Array;
  /** Server clock, as far as it is known. */
  readonly receivedUs: number | undefined;
}

interface WaitingFrame {
  readonly frame: ReceivedFrame;
  /** Own clock: what is known of the server's is corrected now and then. */
  readonly dueUs: number;
}

/** What a player shares with its worker. */
export interface PlayerHost {
  readonly clock: ServerClock;
  readonly inStep: InStep;
  /** Those that are open by now. */
  codecs(): Codecs;
  /** By the names of the protocol; undefined: not known yet, and too early to ask for pictures. */
  decodes(): readonly CodecName[] | undefined;
  quality(): Quality;
  /** The tier to begin with; undefined: the server decides. */
  first(): TierName | undefined;
  /** Decodes a picture onto a canvas; throws an AppError where the payload is not of the format. */
  paint(canvas: OffscreenCanvas, format: FrameFormat, codec: Codec, payload: Uint8Array): void;
  pixelsOf(canvas: OffscreenCanvas): ImageData | undefined;
  ownUs(): number;
  send(message: ViewerMessage): void;
  kernelsOn(memory: WebAssembly.Memory): Kernels;
  /** Something changed that must not wait for the next tick. */
  hurry(): void;
  report(stream: number, error: WireError): void;
}

/** Frames of an earlier epoch are at most a few behind. */
const keptEpochs = 8;
/** Poses come just before their frame. */
const keptPoses = 16;
/** Frames that wait for those of other streams. */
const mostWaiting = 8;
const earlyUs = 1000;
/** How long a frozen stream waits for a frame in both views; a held source that cannot give it stays as it is. */
const catchMs = 1000;

const nothing = new Uint8Array(0);

const viewsOf = (shown: Shown): View[] => (shown === 'processed' ? ['processed'] : ['processed', 'raw']);

/** One stream on the screen: takes its frames, draws them or holds them back, and knows the truth about what is shown. */
export class StreamPlayer {
  readonly stream: number;
  readonly #host: PlayerHost;
  readonly #canvases = new Map<View, OffscreenCanvas>();
  readonly #received = new Map<View, ReceivedFrame>();
  /** Come, and not yet due beside the pictures of other streams. */
  #waiting: readonly WaitingFrame[] = [];
  #waitingTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #drawn = new Map<View, ShownPicture>();
  /** The frames that lie on the canvases, and the formats that they came in. */
  readonly #onCanvas = new Map<View, { readonly frame: ReceivedFrame; readonly format: FrameFormat }>();
  readonly #pairing = new Pairing();
  #age = new AgeMeter();
  #rate = new FrameRate();
  /** By epoch. */
  readonly #descriptions = new Map<number, StreamDescription>();
  readonly #poses = new Map<number, readonly WirePose[]>();
  #description: StreamDescription | undefined;
  #asked: Shown = 'processed';
  #watching = false;
  #hidden = false;
  #frozen = false;
  /** Frozen, and waiting for a frame in both views to stand still at. */
  #catchUntilMs: number | undefined;
  #reprocessor: Reprocessor | undefined;
  #reprocessed = false;
  #condemnedUs: number | undefined;
  /** Since when the line has been up without telling how far off its clock is. */
  #unsureSinceUs: number | undefined;
  #countedUs: number | undefined;
  #state: StreamTruth['state'] = 'waiting';
  #refused = 0;
  #overtaken = 0;

  constructor(stream: number, host: PlayerHost) {
    this.stream = stream;
    this.#host = host;
  }

  /** A new line: epochs of the one before mean nothing any more, and under its number may come another stream. */
  welcome(description: StreamDescription): void {
    if (this.#description !== undefined && this.#description.name !== description.name) this.leave();
    this.#descriptions.clear();
    this.#poses.clear();
    this.#description = undefined;
    this.describe(description);
  }

  /** The stream is no more: what is left of it is not shown again, frozen or not. */
  leave(): void {
    this.#dropWaiting();
    this.#frozen = false;
    this.#catchUntilMs = undefined;
    this.#forgetProcessing();
    this.#refused = 0;
    this.#overtaken = 0;
    this.#rate = new FrameRate();
    this.#age = new AgeMeter();
    this.#countedUs = undefined;
    for (const view of views) this.#forget(view);
  }

  describe(description: StreamDescription): void {
    this.#description = description;
    this.#descriptions.set(description.epoch, description);
    const [oldest] = this.#descriptions.keys();
    if (this.#descriptions.size > keptEpochs && oldest !== undefined) this.#descriptions.delete(oldest);
  }

  /** Where the tools are in the frame of that number, which comes after. */
  setPoses(sequence: number, poses: readonly WirePose[]): void {
    this.#poses.delete(sequence);
    this.#poses.set(sequence, poses);
    const [oldest] = this.#poses.keys();
    if (this.#poses.size > keptPoses && oldest !== undefined) this.#poses.delete(oldest);
  }

  setCanvas(view: View, canvas: OffscreenCanvas): void {
    this.#canvases.set(view, canvas);
    this.#redraw(view);
  }

  show(shown: Shown): void {
    // The server was told that they are drawn, and a held source gives no others.
    if (!this.#frozen) this.#drawWaiting(Number.POSITIVE_INFINITY);
    this.#dropWaiting();
    const before = viewsOf(this.#asked).length;
    const watched = this.#watching;
    const uncovered = this.#asked === 'raw';
    this.#asked = shown;
    this.#watching = true;
    this.#pairing.clear();
    if (!watched || viewsOf(shown).length !== before) this.watch();
    if (uncovered) this.#redraw('processed');
    if (shown === 'processed' && !this.#frozen) this.#forget('raw');
    this.#host.hurry();
  }

  hide(): void {
    if (!this.#watching) return;
    this.#dropWaiting();
    this.#watching = false;
    this.#host.send({ type: 'unwatch', stream: this.stream });
    // A frozen picture stays on its canvas until it is thawed.
    if (!this.#frozen) for (const view of views) this.#forget(view);
  }

  /** The page is hidden or seen again; what is on the canvas stays, and its age tells. */
  setHidden(hidden: boolean): void {
    if (hidden === this.#hidden) return;
    this.#dropWaiting();
    this.#hidden = hidden;
    if (!this.#watching) return;
    if (hidden) this.#host.send({ type: 'unwatch', stream: this.stream });
    else this.watch();
  }

  /** Asks the server for what is to be shown: at every change and on every new line. */
  watch(): void {
    if (!this.#watching || this.#hidden) return;
    const codecs = this.#host.decodes();
    if (codecs === undefined) return;
    const first = this.#host.first();
    const wish = { stream: this.stream, views: this.#wanted(), tier: this.#host.quality(), codecs: [...codecs] };
    this.#host.send({ type: 'watch', ...wish, ...(first !== undefined && { first }) });
  }

  /**
   * Stands still at once. Where the picture as captured is not at hand, the next frame that comes in both views takes its place, a
   * blink later: without it nothing could be processed anew, nor compared.
   */
  freeze(frozen: boolean): void {
    if (frozen === this.#frozen) return;
    this.#dropWaiting();
    const catching = this.#catchUntilMs !== undefined;
    this.#frozen = frozen;
    this.#catchUntilMs = undefined;
    if (frozen && !this.#reprocessable()) {
      this.#catchUntilMs = this.#host.ownUs() / 1000 + catchMs;
      this.#pairing.clear();
      this.watch();
    }
    if (!frozen) {
      this.#forgetProcessing();
      for (const view of views) this.#thaw(view);
      if (catching) this.watch();
    }
    this.#host.hurry();
  }

  /**
   * Shows the frozen picture with other settings; undefined: as it was frozen. Answers the stages as they are then, undefined where it is
   * shown as frozen. Throws stage/… and codec/… errors, and shows it as frozen then.
   */
  reprocess(settings: readonly StageSettings[] | undefined): readonly StageState[] | undefined {
    const captured = this.#onCanvas.get('raw');
    const canvas = this.#canvases.get('processed');
    if (!this.#reprocessable() || captured === undefined || canvas === undefined) return undefined;
    if (settings === undefined) {
      this.#showAsFrozen(canvas);
      return undefined;
    }
    try {
      const { header, payload } = captured.frame;
      const codec = codecByNumber(this.#host.codecs(), header.codec);
      const format = { ...captured.format, regions: this.#drawn.get('raw')?.regions ?? [] };
      this.#reprocessor ??= new Reprocessor((memory) => this.#host.kernelsOn(memory), { format, codec, payload });
      const result = this.#reprocessor.process(settings);
      this.#host.paint(canvas, result.format, result.codec, result.payload);
      this.#reprocessed = true;
      return result.stages;
    } catch (thrown) {
      this.#showAsFrozen(canvas);
      throw thrown;
    } finally {
      this.#host.hurry();
    }
  }

  /** `receivedUs`: when it had arrived, on the server's clock. */
  receive(header: FrameHeader, payload: Uint8Array, receivedUs: number | undefined): void {
    const frame = { header, payload, receivedUs };
    if (!this.#watching || !this.#wanted().includes(header.view)) {
      this.#acknowledge(frame);
      return;
    }
    this.#received.set(header.view, frame);
    if (this.#frozen) {
      this.#count(header);
      this.#acknowledge(frame);
      this.#catch(header);
      return;
    }
    if (this.#asked === 'raw' && header.view === 'processed' && this.#drawn.has('raw')) {
      // It lies under the unprocessed picture: kept for the moment that the key is let go.
      this.#acknowledge(frame);
      return;
    }
    if (this.#asked !== 'both') {
      this.#drawInStep(frame);
      return;
    }
    const step = this.#pairing.offer(header.view, header.sequence);
    if (step === 'wait') {
      // Held back frames are acknowledged at once: the other half could be waiting behind them for this very acknowledgement.
      this.#acknowledge(frame);
      return;
    }
    this.#draw(frame);
    const other = this.#received.get(header.view === 'raw' ? 'processed' : 'raw');
    if (step === 'pair' && other !== undefined) this.#draw(other);
  }

  /** A frame of which a newer one was decoded before it could be drawn. */
  passOver(header: FrameHeader, receivedUs: number | undefined): void {
    this.#overtaken++;
    this.#acknowledge({ header, payload: nothing, receivedUs });
  }

  /** A frame that was not decoded. */
  leaveOut(header: FrameHeader, receivedUs: number | undefined): void {
    this.#refused++;
    this.#acknowledge({ header, payload: nothing, receivedUs });
  }

  truth(connected: boolean): StreamTruth {
    this.#giveUpCatching();
    const ownUs = this.#host.ownUs();
    const nowUs = this.#host.clock.at(ownUs);
    const clockErrorUs = this.#host.clock.errorUs;
    this.#unsureSinceUs = connected && clockErrorUs === undefined ? (this.#unsureSinceUs ?? ownUs) : undefined;
    if (nowUs !== undefined) this.#age.advance(nowUs);
    const shown = this.#shownNow();
    const verdict = judge({
      connected,
      source: this.#description?.status.state,
      nowUs,
      clockErrorUs,
      unsureMs: (ownUs - (this.#unsureSinceUs ?? ownUs)) / 1000,
      capturedUs: this.#newestUs(shown),
      notLiveMs: this.#description?.notLiveMs ?? 0,
      condemnedUs: this.#condemnedUs,
    });
    this.#condemnedUs = verdict.condemnedUs;
    // Ages from before an interruption say nothing about the picture that is live again.
    if (verdict.state !== 'live') this.#age = new AgeMeter();
    this.#state = verdict.state;
    const picture = this.#drawn.get(shown === 'raw' ? 'raw' : 'processed');
    const raw = this.#drawn.get('raw');
    return {
      stream: this.stream,
      state: verdict.state,
      ageMs: verdict.ageMs,
      meanAgeMs: this.#age.reading?.meanMs ?? verdict.ageMs,
      worstAgeMs: this.#age.reading?.worstMs,
      fps: this.#rate.at(this.#host.ownUs()),
      shown,
      paired: raw !== undefined && raw.sequence === picture?.sequence,
      frozen: this.#frozen,
      reprocessable: this.#reprocessable(),
      reprocessed: this.#reprocessed,
      picture,
      refused: this.#refused,
      overtaken: this.#overtaken,
      skew: verdict.state === 'live' && !this.#frozen && nowUs !== undefined ? this.#host.inStep.skewOf(this.stream, nowUs) : undefined,
    };
  }

  /** The picture that is seen, as it lies on its canvas; under the divider the processed one. */
  pixels(): ShownPixels | undefined {
    const view = this.#shownNow() === 'raw' ? 'raw' : 'processed';
    const canvas = this.#canvases.get(view);
    const image = canvas && this.#host.pixelsOf(canvas);
    const drawn = this.#drawn.get(view);
    if (image === undefined || drawn === undefined) return undefined;
    const { capturedUs, synthetic, regions } = drawn;
    return { width: image.width, height: image.height, rgba: image.data.buffer, capturedUs, synthetic, regions };
  }

  setStatus(status: StreamDescription['status']): void {
    if (this.#description !== undefined) this.#description = { ...this.#description, status };
    this.#host.hurry();
  }

  /** Views that the server is asked for. */
  #wanted(): View[] {
    return this.#catchUntilMs === undefined ? viewsOf(this.#asked) : [...views];
  }

  #reprocessable(): boolean {
    const [processed, captured] = [this.#onCanvas.get('processed')?.frame.header, this.#onCanvas.get('raw')?.frame.header];
    return this.#frozen && processed !== undefined && processed.sequence === captured?.sequence;
  }

  /** While it is frozen without its captured half: the first frame of which both have come is the one to stand still at. */
  #catch(header: FrameHeader): void {
    if (this.#catchUntilMs === undefined || this.#pairing.offer(header.view, header.sequence) !== 'pair') return;
    for (const view of views) {
      const frame = this.#received.get(view);
      if (frame?.header.sequence === header.sequence) this.#place(frame);
    }
    this.#catchUntilMs = undefined;
    this.watch();
    this.#host.hurry();
  }

  #showAsFrozen(canvas: OffscreenCanvas): void {
    const frozen = this.#onCanvas.get('processed');
    if (frozen === undefined) return;
    const { header, payload } = frozen.frame;
    this.#host.paint(canvas, frozen.format, codecByNumber(this.#host.codecs(), header.codec), payload);
    this.#forgetProcessing();
    this.#host.hurry();
  }

  #forgetProcessing(): void {
    this.#reprocessor = undefined;
    this.#reprocessed = false;
  }

  #giveUpCatching(): void {
    if (this.#catchUntilMs === undefined || this.#host.ownUs() / 1000 < this.#catchUntilMs) return;
    this.#catchUntilMs = undefined;
    this.watch();
  }

  #shownNow(): Shown {
    return this.#asked !== 'processed' && this.#drawn.has('raw') ? this.#asked : 'processed';
  }

  /** Capture time of what is shown, or would be were it not frozen; under the divider the older half counts. */
  #newestUs(shown: Shown): number | undefined {
    const newest = (view: View): number | undefined =>
      this.#frozen ? this.#received.get(view)?.header.capturedAtUs : this.#drawn.get(view)?.capturedUs;
    if (shown !== 'both') return newest(shown);
    const processed = newest('processed');
    const raw = newest('raw');
    return processed === undefined || raw === undefined ? undefined : Math.min(processed, raw);
  }

  /** Draws a frame at once, or when those of the other streams that were captured with it have come. */
  #drawInStep(frame: ReceivedFrame): void {
    // Now, not when it was received: a video picture has been decoded since.
    const ownUs = this.#host.ownUs();
    const nowUs = this.#host.clock.at(ownUs);
    const dueUs = nowUs === undefined ? undefined : this.#host.inStep.arrived(this.stream, frame.header.capturedAtUs, nowUs);
    if (nowUs === undefined || dueUs === undefined || (dueUs <= nowUs && this.#waiting.length === 0)) {
      this.#draw(frame);
      return;
    }
    // What waits for another stream is no backlog: the server may send the next.
    this.#acknowledge(frame, dueUs);
    this.#waiting = [...this.#waiting, { frame, dueUs: ownUs + dueUs - nowUs }];
    if (this.#waiting.length > mostWaiting) this.#drawWaiting(Number.POSITIVE_INFINITY);
    else this.#waitingTimer ??= setTimeout(() => this.#wake(), (dueUs - nowUs) / 1000);
  }

  #wake(): void {
    this.#waitingTimer = undefined;
    // A timer may come a little early.
    this.#drawWaiting(this.#host.ownUs() + earlyUs);
    const next = this.#waiting[0];
    if (next !== undefined) this.#waitingTimer = setTimeout(() => this.#wake(), (next.dueUs - this.#host.ownUs()) / 1000);
  }

  /** Of those that are due only the newest: drawing the others would make it older. */
  #drawWaiting(untilUs: number): void {
    const end = this.#waiting.findIndex(({ dueUs }) => dueUs > untilUs);
    const due = end < 0 ? this.#waiting : this.#waiting.slice(0, end);
    this.#waiting = end < 0 ? [] : this.#waiting.slice(end);
    const newest = due.at(-1);
    if (newest === undefined) return;
    this.#overtaken += due.length - 1;
    this.#show(newest.frame);
  }

  #dropWaiting(): void {
    clearTimeout(this.#waitingTimer);
    this.#waitingTimer = undefined;
    this.#waiting = [];
    this.#host.inStep.forget(this.stream);
  }

  #draw(frame: ReceivedFrame): void {
    const drawn = this.#show(frame);
    this.#acknowledge(frame, drawn ? this.#host.clock.at(this.#host.ownUs()) : undefined);
  }

  #show(frame: ReceivedFrame): boolean {
    const first = !this.#drawn.has(frame.header.view);
    const drawn = this.#place(frame);
    if (!drawn) return false;
    this.#count(frame.header);
    if (first || this.#state !== 'live') this.#host.hurry();
    return true;
  }

  /** Puts a frame on its canvas, with what is true of it. */
  #place(frame: ReceivedFrame): boolean {
    const { header, payload } = frame;
    const canvas = this.#canvases.get(header.view);
    const format = canvas && this.#paint(canvas, header, payload);
    if (format === undefined) return false;
    this.#onCanvas.set(header.view, { frame, format });
    const { width, height, epoch, sequence, capturedAtUs: capturedUs } = header;
    const synthetic = (header.flags & frameFlags.synthetic) !== 0;
    const regions = this.#descriptions.get(epoch)?.regions ?? [];
    const poses = this.#poses.get(sequence);
    const ofTools = poses && { poses };
    const ofCodec = (header.flags & frameFlags.lossless) === 0 && ({ lossy: true } as const);
    this.#drawn.set(header.view, { width, height, epoch, sequence, capturedUs, synthetic, regions, ...ofTools, ...ofCodec });
    return true;
  }

  #formatOf({ view, width, height, pixelFormat, epoch }: FrameHeader): FrameFormat {
    const window = (this.#descriptions.get(epoch) ?? this.#description)?.formats?.[view].window;
    return frameFormat(width, height, pixelFormat, window === undefined ? {} : { window });
  }

  /** The format it was painted in; undefined: it could not be. */
  #paint(canvas: OffscreenCanvas, header: FrameHeader, payload: Uint8Array): FrameFormat | undefined {
    try {
      const codec = codecByNumber(this.#host.codecs(), header.codec);
      const format = this.#formatOf(header);
      this.#host.paint(canvas, format, codec, payload);
      return format;
    } catch (thrown) {
      this.#refused++;
      const error = asAppError(thrown, 'protocol/bad-header');
      this.#host.report(this.stream, error.toJSON());
      return undefined;
    }
  }

  /** Only frames of the view that carries the numbers, and each once. */
  #count(header: FrameHeader): void {
    if (header.view === 'raw' && this.#asked !== 'raw') return;
    if (header.view === 'processed' && this.#asked === 'raw' && this.#drawn.has('raw')) return;
    // A new watch begins with the newest frame, which may have been here before.
    if (header.capturedAtUs === this.#countedUs) return;
    this.#countedUs = header.capturedAtUs;
    const ownUs = this.#host.ownUs();
    const nowUs = this.#host.clock.at(ownUs);
    if (nowUs !== undefined) {
      this.#age.drawn(header.capturedAtUs, nowUs);
      if (!this.#frozen) this.#host.inStep.drawn(this.stream, header.capturedAtUs, nowUs);
    }
    this.#rate.drawn(ownUs);
  }

  /** `drawnUs`: when it was drawn, or will be; undefined: it is not. */
  #acknowledge({ header: { view, sequence }, receivedUs }: ReceivedFrame, drawnUs?: number): void {
    this.#host.send({
      type: 'ack',
      stream: this.stream,
      view,
      sequence,
      ...(receivedUs !== undefined && { receivedUs: Math.round(receivedUs) }),
      ...(drawnUs !== undefined && { drawnUs: Math.round(drawnUs) }),
    });
  }

  /** The newest frame takes the place of the frozen one; a view that nobody asks for any more holds an old moment. */
  #thaw(view: View): void {
    if (this.#watching && viewsOf(this.#asked).includes(view)) this.#redraw(view);
    else this.#forget(view);
  }

  /** The newest frame of a view, after a thaw or on a new canvas. */
  #redraw(view: View): void {
    const frame = this.#received.get(view);
    if (frame !== undefined && !this.#frozen) this.#draw(frame);
  }

  #forget(view: View): void {
    this.#received.delete(view);
    this.#drawn.delete(view);
    this.#onCanvas.delete(view);
  }
}
