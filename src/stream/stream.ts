import { Worker } from 'node:worker_threads';
import { Observable, Subject } from 'rxjs';
import type { OpenedDevice } from '../../device-drivers/driver.ts';
import { AppError, type ErrorReport } from '../app-error.ts';
import type { Room, StreamSettings } from '../config/room.ts';
import { type ClockAnchor, monotonicNs, unixUs } from '../device/clock.ts';
import { backOffMs } from '../device/session.ts';
import { type FrameFormat, frameBytes, pictureFormatOf } from '../frame/frame-format.ts';
import { SlotCounts } from '../frame/frame-pool.ts';
import type { Pose } from '../frame/pose.ts';
import type { View } from '../protocol/frame-header.ts';
import type { SourceStatus, StreamDescription, WireFormat } from '../protocol/messages.ts';
import type { EncodedTier, TierName } from '../protocol/tiers.ts';
import { presetOf, presets, settingsFrom } from '../stage/presets.ts';
import { Losses } from './losses.ts';
import { Newest } from './newest.ts';
import { SharedFrame, type SlotMemory } from './shared-frame.ts';
import type { Counts, Described, StreamEvent, StreamOrder, WorkerSetup, WorkerStatus } from './stream-events.ts';
import { Tier, type TierViewer, type TierWatch } from './tier.ts';

/** What a stream tells whoever subscribed; a description comes before the first frame that it describes. */
export type StreamNews = { readonly news: 'described' } | { readonly news: 'status' };

export interface StreamSource {
  readonly driver: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly device?: OpenedDevice;
}

/** A way out of a stream beside its viewers, for the metrics. */
export interface Outlet {
  readonly kind: string;
  /** Frames that went out, and that were left out because a newer one had come. */
  readonly sent: number;
  readonly skipped: number;
}

type FrameReader = Pick<TierViewer, 'put'>;

export interface StreamLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
}

/** Frames that may still be under way, in all tiers: their poses are kept. */
const keptPoses = 128;

/** A thread that starts reads and compiles what it runs: on a slow machine that takes longer than any silence that is allowed afterwards. */
const startMs = 15_000;
/** A thread tells its counts every second: one that has not for so long will not end by itself. */
const stuckMs = 2000;
const stuckEndMs = 1000;
const endMs = 6000;

const noCounts: Counts = { captured: 0, sequence: 0, fps: 0, processingMs: 0, cores: 1, lost: {} };

/**
 * One stream, seen from the main thread: its worker runs driver, stages and encoder; this starts it, watches over it
 * and starts it again when it dies or falls silent.
 */
export class Stream {
  readonly id: number;
  readonly name: string;
  readonly news$ = new Subject<StreamNews>();
  /** A viewer more costs a call a frame; what is news to few does not go the same way. */
  readonly #readers: Readonly<Record<View, Set<FrameReader>>> = { processed: new Set(), raw: new Set() };
  readonly outlets = new Set<Outlet>();
  #settings: StreamSettings;
  readonly #limits: Room['limits'];
  readonly #clock: ClockAnchor;
  readonly #log: StreamLog;
  readonly #latest: Record<View, Newest<SharedFrame>> = { processed: new Newest(), raw: new Newest() };
  readonly #watchers: Record<View, number> = { processed: 0, raw: 0 };
  readonly #tiers = new Map<string, Tier>();
  #viewers = 0;
  readonly #requests = new Map<number, { resolve(epoch: number): void; reject(error: unknown): void }>();
  readonly #ownLosses = new Losses();
  readonly #poses = new Map<number, readonly Pose[]>();
  #tools: string[] = [];
  #worker: Worker | undefined;
  #memory: SlotMemory | undefined;
  #described: Described | undefined;
  #device: StreamSource['device'];
  #status: SourceStatus;
  #warnings: string[] = [];
  #counts = noCounts;
  #countedBefore = 0;
  #lostBefore: Readonly<Record<string, number>> = {};
  #running = true;
  #closing = false;
  #deaths = 0;
  #heardAtMs = 0;
  #nextRequest = 0;
  #lastCapturedUs = 0;
  /** Of the newest frame that came; counts are told once a second. */
  #lastSequence: number | undefined;
  #timers = new Set<NodeJS.Timeout>();

  constructor(id: number, settings: StreamSettings, limits: Room['limits'], clock: ClockAnchor, log: StreamLog) {
    this.id = id;
    this.name = settings.name;
    this.#settings = { ...settings, stages: settingsFrom(settings.preset, settings.stages) };
    this.#limits = limits;
    this.#clock = clock;
    this.#log = log;
    this.#status = { state: 'closed', sinceUs: this.#nowUs(), attempts: 0 };
  }

  start(): void {
    this.#startWorker();
    this.#every(500, () => this.#checkSilence());
  }

  /** Ends the worker and everything that waits for it; bounded. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const tier of this.#tiers.values()) tier.close();
    await this.#endWorker();
    const gone = new AppError('stage/no-source', { stream: this.name }).toJSON();
    for (const request of this.#requests.keys()) this.#settle(request)?.reject(gone);
    this.#forgetFrames();
    this.news$.complete();
  }

  get status(): SourceStatus {
    return this.#status;
  }

  get driver(): string {
    return this.#settings.driver;
  }

  /** What it is set to, and the device that it has opened, as far as the driver told. */
  get source(): StreamSource {
    const { driver, options } = this.#settings;
    return { driver, options, ...(this.#device && { device: this.#device }) };
  }

  /** Totals over all workers that this stream has had. */
  get counts(): Counts {
    const { captured, lost } = this.#counts;
    return { ...this.#counts, captured: this.#countedBefore + captured, lost: sum(sum(this.#lostBefore, lost), this.#ownLosses.all()) };
  }

  /** Frames captured in the last second. */
  get fps(): number {
    return this.#counts.fps;
  }

  get viewers(): number {
    return this.#viewers;
  }

  /** What somebody who keeps its frames has lost of them. */
  addLoss(place: string, frames: number): void {
    this.#ownLosses.add(place, frames);
  }

  /** Age of the newest processed frame in milliseconds; undefined before the first. */
  get ageMs(): number | undefined {
    return this.#lastCapturedUs === 0 ? undefined : (this.#nowUs() - this.#lastCapturedUs) / 1000;
  }

  describe(): StreamDescription {
    const described = this.#described;
    const frameIntervalMs = described?.raw.frameIntervalMs;
    const inForce = described && presetOf(described.stages);
    return {
      id: this.id,
      name: this.name,
      modality: described?.facts.modality ?? 'other',
      source: described?.facts.description ?? '',
      synthetic: described?.facts.synthetic ?? false,
      warnings: this.#warnings,
      epoch: described?.epoch ?? 0,
      ...(described && { formats: { processed: wireFormat(described.processed), raw: wireFormat(described.raw) } }),
      regions: [...(described?.raw.regions ?? [])],
      ...(frameIntervalMs !== undefined && { frameIntervalMs }),
      notLiveMs: Math.max(this.#limits.notLiveMs, 3 * (frameIntervalMs ?? 0)),
      ...(this.#settings.deviceDelayMs > 0 && { deviceDelayMs: this.#settings.deviceDelayMs }),
      ...(this.#tools.length > 0 && { tools: [...this.#tools] }),
      stages: [...(described?.stages ?? [])],
      presets: presets.map(({ name, title, description }) => ({ preset: name, title, description })),
      ...(inForce !== undefined && { preset: inForce.name }),
      status: this.#status,
    };
  }

  /** Where the tracked tools were when a frame was captured that has come lately; undefined: nothing is tracked. */
  posesOf(sequence: number): readonly Pose[] | undefined {
    return this.#poses.get(sequence);
  }

  /** What a script wants to know of a stream that was started. */
  summary(): object {
    const { state, error } = this.#status;
    const { width, height } = this.#described?.raw ?? {};
    return { id: this.id, name: this.name, driver: this.driver, state, width, height, ...(error && { error }) };
  }

  /** Counts a viewer, whatever views it watches; the answer takes it back. */
  addViewer(): () => void {
    this.#viewers++;
    return () => {
      this.#viewers--;
    };
  }

  /** Frames of a view in a tier, lent for the length of the call, the newest one at once. Made only while somebody subscribes. */
  frames(view: View, tier: TierName): Observable<SharedFrame> {
    return new Observable((viewer) => {
      const watch = this.watch(view, tier, { ready: () => true, put: (frame) => viewer.next(frame) });
      return () => watch.end();
    });
  }

  /** The same for who tells when it has room, and can ask for key frames. */
  watch(view: View, tier: TierName, viewer: TierViewer): TierWatch {
    if (tier !== 'raw') return this.#tier(view, tier).watch(viewer);
    return { pull: () => undefined, askKey: () => undefined, end: this.#read(view, viewer) };
  }

  /** Bytes of a frame of a view in a tier, how many its encoder has left out, and whether that dies again and again; 0 where nobody watches it. */
  tierCounts(view: View, tier: TierName): { readonly frameBytes: number; readonly skipped: number; readonly failing: boolean } {
    if (tier !== 'raw') return this.#tier(view, tier);
    const format = this.#described?.[view];
    return { frameBytes: format === undefined ? 0 : frameBytes(format), skipped: 0, failing: false };
  }

  #tier(view: View, tier: EncodedTier): Tier {
    const key = `${view}/${tier}`;
    const known =
      this.#tiers.get(key) ??
      new Tier(tier, this.#rawFrames(view), this.#ownLosses, (reason) =>
        this.#log.warn({ stream: this.name }, `${this.name}: ${key}: ${reason}`),
      );
    this.#tiers.set(key, known);
    return known;
  }

  #rawFrames(view: View): Observable<SharedFrame> {
    return new Observable((viewer) => this.#read(view, { put: (frame) => viewer.next(frame) }));
  }

  /** Frames as they are, the newest one at once; the answer ends it. */
  #read(view: View, reader: FrameReader): () => void {
    const giveBack = this.#want(view);
    this.#readers[view].add(reader);
    this.#lendLatest(view, (frame) => reader.put(frame));
    return () => {
      if (this.#readers[view].delete(reader)) giveBack();
    };
  }

  /** Raw pictures are made only while somebody wants them; the answer takes the wish back. */
  #want(view: View): () => void {
    this.#watchers[view]++;
    this.#tellDemand();
    return () => {
      this.#watchers[view]--;
      if (view === 'raw' && this.#watchers.raw === 0) this.#latest.raw[Symbol.dispose]();
      this.#tellDemand();
    };
  }

  /** So that a late joiner sees the held picture at once. */
  #lendLatest(view: View, consume: (frame: SharedFrame) => void): void {
    using frame = this.#latest[view].take();
    if (frame === undefined) return;
    this.#latest[view].put(frame);
    consume(frame);
  }

  /** Changes a stage between two frames; resolves with the first epoch of the new settings, rejects with an AppError. */
  setStage(stage: string, enabled: boolean | undefined, options: Readonly<Record<string, unknown>> | undefined): Promise<number> {
    return this.#request((request) => ({
      order: 'set-stage',
      request,
      stage,
      ...(enabled !== undefined && { enabled }),
      ...(options && { options }),
    }));
  }

  /** The same with all settings of a preset. */
  setPreset(preset: string): Promise<number> {
    return this.#request((request) => ({ order: 'set-preset', request, preset }));
  }

  /** Makes the next attempt now where one is waited for: what it needs has come. */
  hurry(): void {
    if (this.#running && ['faulted', 'lost'].includes(this.#status.state)) this.setRunning(true);
  }

  /** Puts another device on the stream and starts it. What the old one's driver learnt of its device is another device's delay. */
  async setDevice(driver: string, options: Readonly<Record<string, unknown>>): Promise<void> {
    const kept = driver === this.driver ? this.#settings.options : {};
    this.#settings = { ...this.#settings, driver, options: { ...kept, ...options }, deviceDelayMs: 0 };
    this.#device = undefined;
    this.#running = true;
    await this.#endWorker();
    if (!this.#closing && this.#worker === undefined) this.#startWorker();
  }

  setRunning(running: boolean): void {
    this.#running = running;
    if (this.#worker === undefined && running) this.#startWorker();
    else this.#order({ order: 'run', running });
  }

  /** The device is free when this resolves; bounded. */
  async #endWorker(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    this.#order({ order: 'end' });
    this.#worker = undefined;
    // A thread that is alive stops its device first, which takes several transfers where it answers slowly: a probe must not be left switched on.
    const isStuck = performance.now() - this.#heardAtMs > stuckMs;
    const deadline = setTimeout(() => void worker.terminate(), isStuck ? stuckEndMs : endMs);
    await exited;
    clearTimeout(deadline);
  }

  /** No number comes twice for two pictures: on the wire they are modulo 2^32. */
  #sequenceToGoOn(): number {
    const { sequence } = this.#counts;
    const ahead = this.#lastSequence === undefined ? 0 : (this.#lastSequence + 1 - sequence) >>> 0;
    return ahead < 0x8000_0000 ? sequence + ahead : sequence;
  }

  #startWorker(): void {
    const sequence = this.#sequenceToGoOn();
    this.#poses.clear();
    const setup: WorkerSetup = {
      id: this.id,
      settings: this.#settingsInForce(),
      limits: this.#limits,
      clock: this.#clock,
      firstSequence: sequence,
      firstEpoch: ((this.#described?.epoch ?? -1) + 1) & 0xffff,
      running: this.#running,
    };
    this.#countedBefore += this.#counts.captured;
    this.#lostBefore = sum(this.#lostBefore, this.#counts.lost);
    this.#counts = { ...noCounts, sequence };
    const worker = new Worker(new URL('./stream-worker.ts', import.meta.url), { workerData: setup, name: `stream-${this.id}` });
    this.#worker = worker;
    this.#heardAtMs = performance.now() + startMs;
    let reason = 'its worker ended';
    worker.on('message', (event: StreamEvent) => {
      if (worker === this.#worker) this.#hear(event);
    });
    worker.on('error', (thrown) => {
      reason = thrown instanceof Error ? thrown.message : String(thrown);
    });
    worker.on('exit', () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      if (!this.#closing) this.#mourn(new AppError('device/crashed', { driver: this.driver, reason }));
    });
    this.#tellDemand();
  }

  /** A worker that replaces another keeps the stages as the viewers had set them. */
  #settingsInForce(): StreamSettings {
    const stages = this.#described?.stages.map(({ stage, enabled, options }) => ({ stage, enabled, options }));
    const options = { ...this.#settings.options, ...this.#device?.options };
    return { ...this.#settings, options, ...(stages && { stages }) };
  }

  #hear(event: StreamEvent): void {
    this.#heardAtMs = performance.now();
    if (typeof event === 'number') {
      this.#receive(event);
      return;
    }
    switch (event.event) {
      case 'described':
        this.#setDescription(event.described);
        break;
      case 'status':
        this.#setStatus(event.status);
        break;
      case 'counts':
        this.#counts = event.counts;
        break;
      case 'poses':
        this.#keepPoses(event.sequence, event.poses);
        break;
      case 'warning':
        this.#warnings = [...this.#warnings, event.text].slice(-20);
        this.#log.warn({ stream: this.name }, event.text);
        this.news$.next({ news: 'described' });
        break;
      case 'stage-set':
        this.#settle(event.request)?.resolve(event.epoch);
        break;
      case 'refused':
        this.#settle(event.request)?.reject(event.error);
        break;
    }
  }

  #receive(slot: number): void {
    if (this.#memory === undefined) return;
    using frame = SharedFrame.receive(this.#memory, slot);
    this.#deaths = 0;
    this.#lastSequence = frame.header.sequence;
    if (frame.header.view === 'processed') this.#lastCapturedUs = frame.header.capturedAtUs;
    this.#latest[frame.header.view].put(frame);
    for (const reader of this.#readers[frame.header.view]) reader.put(frame);
  }

  #keepPoses(sequence: number, poses: readonly Pose[]): void {
    this.#poses.set(sequence, poses);
    const [oldest] = this.#poses.keys();
    if (this.#poses.size > keptPoses && oldest !== undefined) this.#poses.delete(oldest);
    if (poses.every(({ tool }) => this.#tools.includes(tool))) return;
    this.#tools = poses.map(({ tool }) => tool);
    this.news$.next({ news: 'described' });
  }

  #setDescription(described: Described): void {
    const memoryIsNew = this.#described?.buffer !== described.buffer;
    this.#described = described;
    this.#device = described.facts.device;
    if (memoryIsNew) {
      this.#forgetFrames();
      const { buffer, layout } = described;
      this.#memory = { buffer, layout, counts: new SlotCounts(buffer, layout) };
    }
    this.news$.next({ news: 'described' });
  }

  #setStatus(status: WorkerStatus): void {
    const known = status.state === 'lost' && this.#device !== undefined ? { waitsFor: this.#device.name } : {};
    this.#status = { attempts: 0, ...status, ...known, sinceUs: this.#nowUs() };
    if (status.state === 'opening') {
      this.#warnings = [];
      this.#tools = [];
    }
    if (status.state === 'faulted' || status.state === 'lost')
      this.#log.warn(
        { stream: this.name, code: status.error.code },
        `${this.name}: ${status.error.code}: ${status.error.message} (${status.error.remedy})`,
      );
    else this.#log.info({ stream: this.name }, `${this.name}: ${status.state}`);
    this.news$.next({ news: 'status' });
  }

  #mourn(error: AppError): void {
    this.#deaths++;
    this.#ownLosses.add('worker/restarts');
    for (const request of this.#requests.keys()) this.#settle(request)?.reject(error.toJSON());
    const retryInMs = backOffMs(this.#deaths);
    this.#setStatus({ state: 'faulted', attempts: this.#deaths, error: error.toJSON(), retryInMs });
    this.#after(retryInMs, () => {
      if (this.#worker === undefined) this.#startWorker();
    });
  }

  /** A thread that is stuck in a native call or an endless loop cannot say so: it is ended and replaced. */
  #checkSilence(): void {
    const worker = this.#worker;
    const silentMs = performance.now() - this.#heardAtMs;
    if (worker === undefined || silentMs < this.#limits.silentWorkerMs) return;
    this.#worker = undefined;
    void worker.terminate();
    this.#mourn(new AppError('device/silent', { driver: this.driver, seconds: Math.round(silentMs / 1000) }));
  }

  #forgetFrames(): void {
    this.#latest.processed[Symbol.dispose]();
    this.#latest.raw[Symbol.dispose]();
  }

  #settle(request: number) {
    const waiting = this.#requests.get(request);
    this.#requests.delete(request);
    return waiting;
  }

  #request(order: (request: number) => StreamOrder): Promise<number> {
    if (this.#worker === undefined) return Promise.reject(new AppError('stage/no-source', { stream: this.name }).toJSON());
    const request = this.#nextRequest++;
    return new Promise((resolve, reject) => {
      this.#requests.set(request, { resolve, reject });
      this.#order(order(request));
    });
  }

  #tellDemand(): void {
    this.#order({ order: 'demand', raw: this.#watchers.raw > 0 });
  }

  #order(order: StreamOrder): void {
    this.#worker?.postMessage(order);
  }

  #nowUs(): number {
    return unixUs(this.#clock, monotonicNs());
  }

  #after(delayMs: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, delayMs);
    this.#timers.add(timer);
  }

  #every(periodMs: number, act: () => void): void {
    this.#timers.add(setInterval(act, periodMs));
  }
}

const wireFormat = (format: FrameFormat): WireFormat => ({
  width: format.width,
  height: format.height,
  pixelFormat: pictureFormatOf(format),
  ...(format.window !== undefined && { window: { ...format.window } }),
});

function sum(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const total: Record<string, number> = { ...a };
  for (const [name, count] of Object.entries(b)) total[name] = (total[name] ?? 0) + count;
  return total;
}

export const isErrorReport = (thrown: unknown): thrown is ErrorReport =>
  typeof thrown === 'object' && thrown !== null && 'code' in thrown && 'remedy' in thrown;
