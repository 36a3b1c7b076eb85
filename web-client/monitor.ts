import { BehaviorSubject } from 'rxjs';
import type { Kept } from '../src/protocol/examination-messages.ts';
import type { View } from '../src/protocol/frame-header.ts';
import type { Device, ServerMessage, StageState, ViewerMessage } from '../src/protocol/messages.ts';
import type { Wall } from '../src/protocol/wall.ts';
import { presetNamed } from '../src/stage/presets.ts';
import { Examining } from './examination/examining.ts';
import { isOfAnother } from './examination/whose.ts';
import { Exporting } from './export/exporting.ts';
import { type FrameOnScreen, Hand } from './hand.ts';
import { isKeptTile } from './kept-tiles.ts';
import { Marking } from './marking.ts';
import { hasUnkept } from './marks-state.ts';
import {
  type Action,
  goneStreams,
  initialState,
  inStepWith,
  linkedWith,
  type MonitorState,
  overtakenIn,
  reduce,
  type StageWish,
  shownStreams,
  streamOf,
  wishedStage,
} from './monitor-state.ts';
import { keptIn, Rewinding } from './past/rewinding.ts';
import { staleMs } from './picture-truth.ts';
import { Pointing } from './pointing.ts';
import type { Preferences } from './preferences.ts';
import { comeIn, shareableLink } from './session.ts';
import { StageSetter } from './stage-setter.ts';
import type { Quality, Shown, ShownPixels, StreamTruth, WorkerNews, WorkerOrder } from './worker-messages.ts';

/** A worker that has been silent for so long is replaced. */
const lostWorkerMs = 5000;
const watchPeriodMs = 250;

/** What is known of the pictures at one moment. */
export interface Truths {
  readonly byStream: ReadonlyMap<number, StreamTruth>;
  /** Milliseconds since the worker was heard; above `staleMs` nothing in `byStream` holds any more. */
  readonly silentMs: number;
  readonly serverMs: number | undefined;
  readonly clockErrorMs: number | undefined;
  /** When `byStream` was true, on this page's `performance` clock. */
  readonly atMs: number;
}

/** The page's side of the monitor: its state, its worker, and a watch over the worker. */
export class Monitor {
  readonly state$: BehaviorSubject<MonitorState>;
  readonly truths$ = new BehaviorSubject<Truths>({
    byStream: new Map(),
    silentMs: 0,
    serverMs: undefined,
    clockErrorMs: undefined,
    atMs: performance.now(),
  });
  /** Counts the workers: a canvas belongs to the worker it was handed to. */
  readonly generation$ = new BehaviorSubject(0);
  /** What everybody draws, and the hand of this screen. */
  readonly marking: Marking;
  readonly hand: Hand;
  readonly pointing: Pointing;
  /** What is kept, and the time of the pictures. */
  readonly examining: Examining;
  readonly rewinding: Rewinding;
  readonly exporting = new Exporting();
  readonly #setter: StageSetter;
  #quality: Quality = 'auto';
  #inStep = true;
  #worker: Worker;
  #canvases = new Map<string, HTMLCanvasElement>();
  #shown = new Map<number, Shown>();
  #frozen = new Set<number>();
  /** Presets asked for and not answered yet: request → stream. */
  readonly #presetRequests = new Map<number, number>();
  /** The same for devices put on streams. */
  readonly #deviceRequests = new Map<number, number>();
  /** Streams whose frozen picture is being processed; true: with settings that have changed since. */
  readonly #reprocessing = new Map<number, boolean>();
  /** False until whoever opened this page by an invitation has come in. */
  #entered: boolean;
  /** Asked of the door and not answered yet. */
  readonly #doorRequests = new Set<number>();
  readonly #wallRequests = new Set<number>();
  readonly #pixelRequests = new Map<number, (pixels: ShownPixels | undefined) => void>();
  #heardMs = performance.now();
  #watchedMs = performance.now();
  #nextRequest = 1_000_000;

  /** `invitation`: the page was opened by it; nothing is asked of the server until its holder comes in. */
  constructor(panelOpen: boolean, { language }: Preferences, { invitation, display }: { invitation?: string; display?: string } = {}) {
    const joining = invitation === undefined ? undefined : { invitation, waiting: false };
    this.state$ = new BehaviorSubject<MonitorState>({ ...initialState(panelOpen, language, display), joining });
    this.#entered = invitation === undefined;
    this.#setter = new StageSetter(
      (message) => this.#send(message),
      (stream, stage, error) => this.act({ act: 'wish-settled', stream, stage, ...(error && { error }) }),
    );
    this.marking = new Marking({
      send: (message) => this.#send(message),
      nextRequest: () => this.#nextRequest++,
      epochOf: (stream) => this.frameOf(stream)?.epoch ?? 0,
    });
    this.hand = new Hand({
      marking: this.marking,
      role: () => this.state.role,
      frameOf: (stream) => this.frameOf(stream),
      pictureNow: (stream) => {
        const { formats, regions } = streamOf(this.state, stream) ?? {};
        return formats && regions && { ...formats.processed, regions };
      },
    });
    this.pointing = new Pointing(
      (message) => this.#send(message),
      (tile) => {
        const frame = this.frameOf(tile);
        return {
          ...(!isKeptTile(tile) && { stream: tile }),
          ...(frame?.kept !== undefined && { kept: frame.kept }),
          ...(frame?.live === false && { atUs: frame.capturedUs }),
        };
      },
    );
    this.examining = new Examining({
      send: (message) => this.#send(message),
      nextRequest: () => this.#nextRequest++,
      online: () => this.state.link.state === 'open',
    });
    this.rewinding = new Rewinding({
      order: (order) => this.#order(order),
      truthOf: (stream) => this.truths$.value.byStream.get(stream),
      thaw: (stream) => {
        if (this.state.frozen[stream] === true) this.act({ act: 'freeze', stream, frozen: false });
      },
      inStepWith: (stream) => inStepWith(this.state, stream),
    });
    this.#worker = this.#startWorker();
    setInterval(() => this.#watchWorker(), watchPeriodMs);
    document.addEventListener('visibilitychange', () => this.#tellHidden());
    // Marks that nobody but this page has would go with it.
    window.addEventListener('beforeunload', (event) => hasUnkept(this.marking.state) && event.preventDefault());
    this.#tellHidden();
  }

  get state(): MonitorState {
    return this.state$.value;
  }

  act(action: Action): void {
    const before = this.state;
    const after = reduce(before, action);
    if (after === before) return;
    this.state$.next(after);
    this.#tellWorker(after);
  }

  /** Sets a stage for everybody who watches; at once on the screen's own controls. Where the picture is frozen: of that picture, on this screen. */
  setStage(stream: number, stage: string, wish: StageWish): void {
    if (this.state.frozen[stream] === true) {
      this.#setFrozen(
        stream,
        this.#frozenStages(stream).map((known) => (known.stage === stage ? wishedStage(known, wish) : known)),
        performance.now(),
      );
      return;
    }
    this.#setLive(stream, stage, wish, true);
    if (stage !== 'window') return;
    for (const other of linkedWith(this.state, stream)) {
      const there = streamOf(this.state, other)?.stages.some((known) => known.stage === stage);
      if (other !== stream && there === true && this.state.frozen[other] !== true) this.#setLive(other, stage, wish, true);
    }
  }

  /** Puts all settings of a preset in force, for whom `setStage` would; the stream's new description brings them to the controls. */
  setPreset(stream: number, preset: string): void {
    if (this.state.frozen[stream] === true) {
      const { settings } = presetNamed(preset);
      const stages = this.#frozenStages(stream).map((known) => {
        const wanted = settings.find(({ stage }) => stage === known.stage);
        return wanted === undefined ? known : wishedStage(known, wanted);
      });
      this.#setFrozen(stream, stages, performance.now());
      return;
    }
    this.act({ act: 'preset', stream, settings: presetNamed(preset).settings, atMs: performance.now() });
    const request = this.#nextRequest++;
    this.#presetRequests.set(request, stream);
    this.#send({ type: 'set-preset', request, stream, preset });
  }

  /** The frozen picture as it was frozen. */
  restoreFrozen(stream: number): void {
    this.#setFrozen(stream, undefined, performance.now());
  }

  /** What is on the screen of a stream, as marks remember it. */
  frameOf(stream: number): FrameOnScreen | undefined {
    const { picture, past } = this.truths$.value.byStream.get(stream) ?? {};
    if (picture === undefined) return undefined;
    const earlier = isOfAnother(this.examining.state, stream, { past, picture });
    const { width, height, regions, capturedUs, epoch } = picture;
    return {
      capturedUs,
      epoch,
      picture: { width, height, regions },
      live: this.state.frozen[stream] !== true && past === undefined,
      kept: keptIn(past),
      earlier,
    };
  }

  /** Takes back what was done last: a point of the mark under the hand, a mark, or a setting. */
  undo(): void {
    if (this.hand.takeBack()) return;
    const [mark, setting] = [this.marking.state.undoSteps.at(-1), this.state.undoSteps.at(-1)];
    if (mark !== undefined && mark.atMs >= (setting?.atMs ?? 0)) this.marking.undo();
    else this.#undoSetting();
  }

  redo(): void {
    this.marking.redo();
  }

  #undoSetting(): void {
    const before = this.state;
    this.act({ act: 'undo' });
    const step = before.undoSteps.at(-1);
    if (step === undefined || this.state === before) return;
    if (step.undo === 'frozen') this.#setFrozen(step.stream, step.before, undefined);
    else if (overtakenIn(before, step) === undefined) {
      for (const change of step.changes) this.#setLive(step.stream, change.stage, change.before, false);
    }
  }

  /** Puts an attached device on a stream, for everybody; a refusal stands beside the devices. */
  setDevice(stream: number, { driver, identity }: Device): void {
    const request = this.#nextRequest++;
    this.#deviceRequests.set(request, stream);
    this.#send({ type: 'set-device', request, stream, driver, identity });
  }

  setSource(stream: number, running: boolean): void {
    this.#send({ type: 'set-source', request: this.#nextRequest++, stream, running });
  }

  /** Turns an invitation into a session of this browser, and comes in by it. */
  async comeIn(invitation: string, name: string): Promise<void> {
    this.act({ act: 'joining', joining: { invitation, waiting: true } });
    const error = await comeIn(document.baseURI, invitation, name);
    this.act({ act: 'joining', joining: error && { waiting: false, error } });
    if (error === undefined) this.reconnect();
  }

  /** Tries again where the door was shut. */
  reconnect(): void {
    this.#entered = true;
    this.act({ act: 'joining', joining: undefined });
    this.#connect(this.#worker);
  }

  invite(order: Omit<Extract<ViewerMessage, { type: 'invite' }>, 'type' | 'request'>): void {
    this.#send({ type: 'invite', request: this.#doorRequest(), ...order });
  }

  revoke(invitation: string): void {
    this.#send({ type: 'revoke', request: this.#doorRequest(), invitation });
  }

  sendOut(viewer: number): void {
    this.#send({ type: 'send-out', request: this.#doorRequest(), viewer });
  }

  /** Puts a still or clip, of this examination or of an earlier one, beside the selected live picture. */
  compare(kept: Kept): void {
    const { selected, streams } = this.state;
    const stream = streams.some(({ id }) => id === selected) ? selected : streams[0]?.id;
    const cells = [stream === undefined ? {} : { stream }, { kept: kept.kept }];
    this.act({ act: 'wall', wall: { name: '', columns: 2, rows: 1, cells, linked: false }, kept });
  }

  /** Keeps a layout for the room; a refusal stands in the wall's panel. */
  saveWall(wall: Wall): void {
    this.#send({ type: 'save-wall', request: this.#wallRequest(), wall });
  }

  discardWall(name: string): void {
    this.#send({ type: 'discard-wall', request: this.#wallRequest(), name });
  }

  #wallRequest(): number {
    const request = this.#nextRequest++;
    this.#wallRequests.add(request);
    return request;
  }

  #hearWall(message: ServerMessage): void {
    if (!('request' in message) || message.request === undefined || !this.#wallRequests.delete(message.request)) return;
    this.act({ act: 'wall-refused', error: message.type === 'error' ? message.error : undefined });
  }

  #doorRequest(): number {
    const request = this.#nextRequest++;
    this.#doorRequests.add(request);
    return request;
  }

  #hearDoor(message: ServerMessage): void {
    if (!('request' in message) || message.request === undefined || !this.#doorRequests.delete(message.request)) return;
    if (message.type === 'invited') this.act({ act: 'made-link', link: shareableLink(message.link, document.baseURI) });
    else this.act({ act: 'door-refused', error: message.type === 'error' ? message.error : undefined });
  }

  /** What the tile of a stream shows, pixel by pixel; undefined: nothing. */
  takePixels(stream: number): Promise<ShownPixels | undefined> {
    const { promise, resolve } = Promise.withResolvers<ShownPixels | undefined>();
    const request = this.#nextRequest++;
    this.#pixelRequests.set(request, resolve);
    this.#order({ order: 'take-pixels', stream, request });
    return promise;
  }

  /** The canvas of a view, drawn by the worker; made at the first call of each generation. */
  canvasOf(stream: number, view: View | 'past'): HTMLCanvasElement {
    const key = `${stream}/${view}`;
    const known = this.#canvases.get(key);
    if (known !== undefined) return known;
    const element = document.createElement('canvas');
    element.setAttribute('aria-hidden', 'true');
    this.#canvases.set(key, element);
    const canvas = element.transferControlToOffscreen();
    this.#order(view === 'past' ? { order: 'past-canvas', stream, canvas } : { order: 'canvas', stream, view, canvas }, [canvas]);
    return element;
  }

  /** What was refused of devices; where nothing was, the next list of devices shows it. */
  #hearDevice(message: ServerMessage): void {
    if (message.type === 'devices') this.#deviceRequests.clear();
    if (message.type !== 'error' || message.request === undefined) return;
    const stream = this.#deviceRequests.get(message.request);
    this.#deviceRequests.delete(message.request);
    if (stream !== undefined) this.act({ act: 'refuse', stream, error: message.error });
  }

  /** The answer to a preset: a refusal stands beside the stages. */
  #hearPreset(message: ServerMessage): void {
    if (message.type !== 'error' && message.type !== 'stage-set') return;
    const stream = message.request === undefined ? undefined : this.#presetRequests.get(message.request);
    if (stream === undefined || message.request === undefined) return;
    this.#presetRequests.delete(message.request);
    if (message.type === 'error') this.act({ act: 'refuse', stream, error: message.error });
  }

  #setLive(stream: number, stage: string, wish: StageWish, undoable: boolean): void {
    this.act({ act: 'wish', stream, stage, wish, atMs: performance.now(), undoable });
    this.#setter.set(stream, stage, wish);
  }

  #frozenStages(stream: number): readonly StageState[] {
    const frozen = this.state.frozenStages[stream];
    return frozen?.now ?? frozen?.asFrozen ?? [];
  }

  /** A slider that is dragged is followed as fast as the picture can be processed: the newest settings wait, those between are left out. */
  #setFrozen(stream: number, stages: readonly StageState[] | undefined, atMs: number | undefined): void {
    this.act({ act: 'frozen-stages', stream, stages, ...(atMs !== undefined && { atMs }) });
    if (this.#reprocessing.has(stream)) this.#reprocessing.set(stream, true);
    else this.#reprocess(stream);
  }

  #reprocess(stream: number): void {
    this.#reprocessing.set(stream, false);
    const settings = this.state.frozenStages[stream]?.now?.map(({ stage, enabled, options }) => ({ stage, enabled, options }));
    this.#order({ order: 'reprocess', stream, settings });
  }

  /** What is on the screen decides what the controls show: a refused setting leaves the picture as it was frozen. */
  #reprocessed(stream: number, stages: readonly StageState[] | undefined): void {
    const again = this.#reprocessing.get(stream) === true;
    this.#reprocessing.delete(stream);
    if (again) this.#reprocess(stream);
    else if (this.state.frozenStages[stream]?.now !== undefined) this.act({ act: 'frozen-stages', stream, stages });
  }

  #startWorker(): Worker {
    const worker = new Worker(new URL('./decode-worker.ts', import.meta.url), { type: 'module', name: 'pictures' });
    worker.onmessage = ({ data }: MessageEvent<WorkerNews>) => {
      if (worker === this.#worker) this.#hear(data);
    };
    if (this.#entered) this.#connect(worker);
    return worker;
  }

  #connect(worker: Worker): void {
    const address = new URL('ws', document.baseURI);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    worker.postMessage({ order: 'connect', address: address.href } satisfies WorkerOrder);
  }

  #order(order: WorkerOrder, transfer: Transferable[] = []): void {
    this.#worker.postMessage(order, transfer);
  }

  #send(message: ViewerMessage): void {
    this.#order({ order: 'send', message });
  }

  #hear(news: WorkerNews): void {
    switch (news.news) {
      case 'unfit':
        this.act({ act: 'unfit', error: news.error });
        break;
      case 'link':
        if (news.link.state === 'lost' || news.link.state === 'shut') {
          this.#setter.forget();
          this.#presetRequests.clear();
          this.#doorRequests.clear();
          this.marking.lost(news.link.state === 'shut');
          this.examining.lost(news.link.state === 'shut');
          if (news.link.state === 'shut') for (const { id } of this.state.streams) this.rewinding.live(id);
          if (news.link.state === 'shut') this.exporting.forget();
          this.#wallRequests.clear();
        }
        this.act({ act: 'link', link: news.link });
        break;
      case 'message':
        if (news.message.type === 'hello') {
          const gone = goneStreams(this.state, news.message.streams);
          this.marking.act({ act: 'forget', streams: gone });
          for (const stream of gone) this.rewinding.live(stream);
        }
        this.act({ act: 'server', message: news.message, nowMs: performance.now() });
        this.marking.hear(news.message);
        this.pointing.hear(news.message);
        this.examining.hear(news.message);
        this.#setter.hear(news.message);
        this.#hearPreset(news.message);
        this.#hearDevice(news.message);
        this.#hearDoor(news.message);
        this.#hearWall(news.message);
        break;
      case 'timeline':
        this.rewinding.hearTimeline(news.stream, news.timeline);
        break;
      case 'reprocessed':
        this.#reprocessed(news.stream, news.stages);
        break;
      case 'pixels':
        this.#pixelRequests.get(news.request)?.(news.pixels);
        this.#pixelRequests.delete(news.request);
        break;
      case 'fault':
        this.act({ act: 'refuse', stream: news.stream, error: news.error });
        break;
      case 'tick': {
        const nowMs = performance.now();
        // A tick that waited while this page hung tells of then, not of now.
        const lateMs = performance.timeOrigin + nowMs - news.atMs;
        this.#heardMs = nowMs - Math.max(0, lateMs);
        const byStream = new Map(news.truths.map((truth) => [truth.stream, truth]));
        const { serverMs, clockErrorMs } = news;
        this.truths$.next({ byStream, silentMs: Math.max(0, lateMs), serverMs, clockErrorMs, atMs: this.#heardMs });
        break;
      }
    }
  }

  #tellHidden(): void {
    this.#order({ order: 'hidden', hidden: document.hidden });
  }

  #tellWorker(state: MonitorState): void {
    if (state.quality !== this.#quality) this.#order({ order: 'quality', quality: state.quality });
    this.#quality = state.quality;
    if (state.inStep !== this.#inStep) this.#order({ order: 'in-step', inStep: state.inStep });
    this.#inStep = state.inStep;
    const shown = new Map(shownStreams(state).map(({ id }) => [id, shownOf(state, id)]));
    for (const stream of this.#shown.keys()) if (!shown.has(stream)) this.#order({ order: 'hide', stream });
    for (const [stream, what] of shown) if (this.#shown.get(stream) !== what) this.#order({ order: 'show', stream, shown: what });
    this.#shown = shown;
    const frozen = new Set(state.streams.map(({ id }) => id).filter((id) => state.frozen[id] === true));
    for (const stream of frozen.symmetricDifference(this.#frozen)) this.#order({ order: 'freeze', stream, frozen: frozen.has(stream) });
    this.#frozen = frozen;
    const watched = state.link.state === 'open' && state.streams.length > 0 && state.display === undefined;
    this.rewinding.follow(watched && !isKeptTile(state.selected) ? state.selected : undefined);
  }

  #watchWorker(): void {
    const nowMs = performance.now();
    const awake = nowMs - this.#watchedMs < 4 * watchPeriodMs;
    this.#watchedMs = nowMs;
    const silentMs = nowMs - this.#heardMs;
    if (silentMs < staleMs || !this.#entered) return;
    this.truths$.next({ ...this.truths$.value, silentMs });
    // A page that slept has not heard the worker either; only one that was awake all the time may judge.
    if (awake && silentMs > lostWorkerMs && this.state.unfit === undefined) this.#replaceWorker();
  }

  #replaceWorker(): void {
    this.#worker.terminate();
    for (const answer of this.#pixelRequests.values()) answer(undefined);
    this.#pixelRequests.clear();
    this.#canvases = new Map();
    this.#shown = new Map();
    this.#frozen = new Set();
    this.#quality = 'auto';
    this.#inStep = true;
    this.#reprocessing.clear();
    this.#setter.forget();
    this.marking.lost(false);
    this.examining.lost(false);
    this.rewinding.forget();
    this.#heardMs = performance.now();
    this.#worker = this.#startWorker();
    this.#tellHidden();
    // What was frozen is gone with the worker that held it.
    for (const { id } of this.state.streams) if (this.state.frozen[id]) this.act({ act: 'freeze', stream: id, frozen: false });
    this.#tellWorker(this.state);
    this.generation$.next(this.generation$.value + 1);
  }
}

function shownOf(state: MonitorState, stream: number): Shown {
  if (state.rawHeld === stream) return 'raw';
  return state.dividers[stream] === undefined ? 'processed' : 'both';
}
