import { parentPort, workerData } from 'node:worker_threads';
import { crc32 } from 'node:zlib';
import { Subject } from 'rxjs';
import { driverNamed } from '../../device-drivers/drivers.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';
import { AppError, asAppError } from '../app-error.ts';
import { raw } from '../codec/raw.ts';
import { parseWith } from '../config/room.ts';
import { monotonicNs, sleepUntil, unixUs } from '../device/clock.ts';
import { runSession } from '../device/session.ts';
import type { PooledFrame } from '../frame/frame-pool.ts';
import type { View } from '../protocol/frame-header.ts';
import { presetNamed } from '../stage/presets.ts';
import { Losses } from './losses.ts';
import { Newest } from './newest.ts';
import { encoded, type Picture } from './picture.ts';
import { StageLine } from './stage-line.ts';
import type { StreamEvent, StreamOrder, WorkerSetup, WorkerStatus } from './stream-events.ts';

/**
 * The thread of one stream: session → driver → lent frames → stages → encoder → main thread.
 * Everything per frame happens inside the driver's `lend`, one frame after the other; only `latest` keeps one.
 */
const setup = workerData as WorkerSetup;
const port = parentPort as NonNullable<typeof parentPort>;
const tell = (event: StreamEvent): void => port.postMessage(event);

const deviceDelayNs = BigInt(Math.round(setup.settings.deviceDelayMs * 1e6));
const losses = new Losses();
const pictures$ = new Subject<Picture>();
const latest = new Newest<PooledFrame>();
const line = new StageLine(await compileKernels(), setup.settings.stages, setup.limits, (text) => tell({ event: 'warning', text }));
let sequence = setup.firstSequence;
let epoch = setup.firstEpoch;
let captured = 0;
let capturedBefore = 0;
let processingNs = 0;
let processed = 0;
let gapBefore = false;
let rawWanted = false;
let state: WorkerStatus['state'] = 'opening';
let delivered = false;
let facts: import('../../device-drivers/driver.ts').SourceFacts | undefined;
let stop: AbortController | undefined;
let hurry = (): void => undefined;
let again = false;
let warned = new Set<string>();
let clock: import('../../device-drivers/driver.ts').ClockQuality | undefined;
let clockResidualMs = 0;

pictures$
  .pipe(
    encoded(raw, () => ({
      stream: setup.id,
      epoch,
      overlayBurnedIn: line.overlayBurnedIn,
      gapBefore,
      capturedUs: (atNs) => unixUs(setup.clock, atNs),
      nowNs: monotonicNs,
      crc32: (payload) => crc32(payload),
    })),
  )
  .subscribe((frame) => tell(frame.retain().giveAway()));

/** The views of a captured frame: the picture as captured where somebody wants it, and after the stages. */
function show(frame: PooledFrame, views: readonly View[] = ['raw', 'processed']): boolean {
  let shown = true;
  const formed = line.form(frame, (picture) => {
    if (rawWanted) pictures$.next({ view: 'raw', frame: picture });
    if (!views.includes('processed')) return;
    shown = line.apply(picture, rawWanted, (result) => pictures$.next({ view: 'processed', frame: result }));
  });
  if (formed && shown) return true;
  losses.add('stages/no-free-slot');
  return false;
}

function process(frame: PooledFrame): void {
  gapBefore = !show(frame);
  processingNs += Number(monotonicNs() - frame.capturedAtNs - deviceDelayNs);
  processed++;
}

/** Shows a picture that no other follows once more: with the stages as they are now, or as captured to whom has just asked. */
function showAgain(views: readonly View[]): void {
  if (state === 'streaming') return;
  using frame = latest.take();
  if (frame === undefined) return;
  latest.put(frame);
  // In a slot of its own: the header in front of the first showing may still be read.
  using copy = line.copyOf(frame);
  if (copy === undefined) losses.add('stages/no-free-slot');
  else show(copy, views);
}

/** The stages may have moved to other memory: the picture that can be shown again goes with them. */
function keepStill(): void {
  using frame = latest.take();
  using kept = frame && line.adopted(frame);
  if (kept !== undefined) latest.put(kept);
}

function setState(status: WorkerStatus): void {
  state = status.state;
  tell({ event: 'status', status });
}

function describe(): void {
  if (facts === undefined || line.formats === undefined) return;
  const { buffer, layout } = line.memory;
  tell({ event: 'described', described: { epoch, facts, ...line.formats, stages: line.states(), buffer, layout } });
}

function nextEpoch(): void {
  epoch = (epoch + 1) & 0xffff;
}

async function runDriver(signal: AbortSignal): Promise<void> {
  const driver = driverNamed(setup.settings.driver);
  // The device that was opened before, and no other that was plugged in meanwhile.
  const chosen = { ...setup.settings.options, ...facts?.device?.options };
  const options = parseWith(driver.options, chosen, setup.settings.name, 'options');
  delivered = false;
  warned = new Set();
  clock = undefined;
  await driver.run(
    {
      options,
      announce(format, sourceFacts) {
        latest[Symbol.dispose]();
        line.open(format);
        facts = sourceFacts;
        nextEpoch();
        describe();
      },
      lend(capture, fill) {
        const { input } = line;
        if (input === undefined) throw new AppError('frame/bad-format', { reason: 'a frame before its format was announced' });
        captured++;
        noteClock(capture.clock);
        const truth = {
          sequence: sequence++,
          capturedAtNs: capture.capturedAtNs - deviceDelayNs,
          rPeak: capture.rPeak ?? false,
          synthetic: facts?.synthetic ?? false,
        };
        using frame = line.pool.claim(input, truth);
        if (frame === undefined) {
          losses.add('pool/no-free-slot');
          gapBefore = true;
          return false;
        }
        fill(frame.pixels);
        delivered = true;
        if (state !== 'streaming') setState({ state: 'streaming' });
        if (capture.poses !== undefined) tell({ event: 'poses', sequence: truth.sequence, poses: capture.poses });
        latest.put(frame);
        process(frame);
        return true;
      },
      lost(place, frames, pieces = 1) {
        losses.add(place, Math.max(pieces, frames));
        sequence += frames;
        if (frames > 0) gapBefore = true;
      },
      hold(reason) {
        setState(reason === undefined ? { state: 'streaming' } : { state: 'held', reason });
      },
      warn(text) {
        if (warned.has(text)) return;
        warned.add(text);
        tell({ event: 'warning', text });
      },
      now: monotonicNs,
      sleepUntil: (atNs) => sleepUntil(atNs, signal),
    },
    signal,
  );
}

async function run(): Promise<void> {
  if (stop !== undefined) {
    // A session that is still ending is followed by another; one that waits for its next attempt makes it now.
    again = stop.signal.aborted;
    hurry();
    return;
  }
  const hurried = (cutShort: () => void): void => {
    hurry = cutShort;
  };
  const session = { driver: setup.settings.driver, run: runDriver, delivered: () => delivered, report: setState, hurried };
  do {
    again = false;
    stop = new AbortController();
    await runSession(session, stop.signal);
  } while (again);
  stop = undefined;
  setState({ state: 'stopped' });
}

function setPreset({ request, preset }: Extract<StreamOrder, { order: 'set-preset' }>): void {
  changeStages(request, 'preset', () => {
    for (const { stage, enabled, options } of presetNamed(preset).settings) line.set(stage, enabled, options);
  });
}

function setStage({ request, stage, enabled, options }: Extract<StreamOrder, { order: 'set-stage' }>): void {
  changeStages(request, stage, () => line.set(stage, enabled, options));
}

/** Between two frames: all of it holds from the next one on, in an epoch of its own. */
function changeStages(request: number, stage: string, change: () => void): void {
  try {
    change();
    keepStill();
    nextEpoch();
    describe();
    tell({ event: 'stage-set', request, epoch });
    showAgain(['raw', 'processed']);
  } catch (thrown) {
    const error = asAppError(thrown, 'stage/bad-option', { stage, option: '', value: '', allowed: '' });
    tell({ event: 'refused', request, error: error.toJSON() });
  }
}

function noteClock(quality: typeof clock): void {
  if (quality === undefined) return;
  clock = quality;
  if (quality.residualMs > clockResidualMs) clockResidualMs = quality.residualMs;
}

const hundredths = (value: number): number => Math.round(value * 100) / 100;

let countedAtMs = performance.now();
/** Once a second; the main thread takes it as a sign of life too. */
function tellCounts(): void {
  const now = performance.now();
  const fps = Math.round(((captured - capturedBefore) * 10_000) / (now - countedAtMs)) / 10;
  const processingMs = processed === 0 ? 0 : Math.round(processingNs / processed / 1e4) / 100;
  const ofClock = clock && {
    clockResidualMs: hundredths(clockResidualMs),
    ...(clock.driftPpm !== undefined && { clockDriftPpm: hundredths(clock.driftPpm) }),
  };
  tell({ event: 'counts', counts: { captured, sequence, fps, processingMs, cores: line.cores, lost: losses.all(), ...ofClock } });
  clockResidualMs = 0;
  capturedBefore = captured;
  countedAtMs = now;
  processingNs = 0;
  processed = 0;
}

const counting = setInterval(tellCounts, 1000);

port.on('message', (order: StreamOrder) => {
  switch (order.order) {
    case 'set-stage':
      setStage(order);
      break;
    case 'set-preset':
      setPreset(order);
      break;
    case 'run':
      if (order.running) void run();
      else {
        again = false;
        stop?.abort();
      }
      break;
    case 'demand':
      if (order.raw === rawWanted) break;
      rawWanted = order.raw;
      if (rawWanted) showAgain(['raw']);
      break;
    case 'end':
      clearInterval(counting);
      line.close();
      port.close();
      stop?.abort();
      break;
  }
});

if (setup.running) void run();
else setState({ state: 'stopped' });
