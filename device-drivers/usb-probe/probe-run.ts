import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '../../src/app-error.ts';
import type { DriverContext, OpenedDevice } from '../driver.ts';
import type { Probe, ScanParser, ScanSettings, ScanSink, SetUp } from './probe.ts';
import { untilStopped } from './until-stopped.ts';
import type { ReadQueue, UsbTransport } from './usb-transport.ts';

/** A probe that has been started and sends nothing, or nothing that makes a picture, is given up after this. */
const patienceMs = 3000;
/** A probe that is asked for each picture is asked again when one has not come. */
const pictureMs = 1000;
/** What was on its way when the stream broke has come when nothing comes for so long. */
const quietMs = 250;

export interface ProbeSession {
  readonly probe: Probe;
  readonly link: UsbTransport;
  readonly setUp: SetUp | undefined;
  readonly scan: ScanSettings;
  readonly device: OpenedDevice;
}

const honestly = 'reverse engineered, never run on hardware';

/**
 * Runs an opened probe until the signal stops it. From the first request that starts it on, it is told to stop when this ends, after at most
 * one more transfer and the return of the reads; a probe that does not take that, or whose process dies, cannot be stopped from here.
 */
export async function runProbe(session: ProbeSession, context: DriverContext<unknown>, signal: AbortSignal): Promise<void> {
  const { probe, link, setUp, scan, device } = session;
  context.announce(probe.format(scan), {
    modality: 'ultrasound',
    synthetic: false,
    description: `${probe.title}, ${honestly}`,
    device,
  });
  context.warn(`${probe.title}: ${honestly}`);
  if (!probe.isMeasured(scan))
    context.warn(`${probe.title}: nobody has measured how its lines lie; nothing can be measured in the picture`);
  try {
    await probe.initialise(untilStopped(link, signal), setUp);
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
  if (signal.aborted) return;
  const reading = new AbortController();
  const running = new RunningProbe(session, context, reading);
  const stopped = (): void => reading.abort();
  signal.addEventListener('abort', stopped, { once: true });
  try {
    // A probe that is asked answers other questions at the same endpoint: it is read when it has been started.
    if (probe.askPicture !== undefined) await probe.start(untilStopped(link, reading.signal), setUp);
    const streams = probe.queues.map((queue) => running.read(queue));
    const started = startAndWatch(running, session, reading.signal);
    try {
      await Promise.race([Promise.all(streams), started]);
    } finally {
      stopped();
      // Nothing that starts it may be sent behind what stops it.
      await Promise.allSettled([...streams, started]);
    }
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  } finally {
    signal.removeEventListener('abort', stopped);
    // One that is gone, or did not understand, cannot be told.
    await probe.stop(link).catch(() => undefined);
  }
}

async function startAndWatch(running: RunningProbe, { probe, link, setUp }: ProbeSession, signal: AbortSignal): Promise<void> {
  if (probe.askPicture === undefined) await probe.start(untilStopped(link, signal), setUp);
  await running.watch(signal);
}

/** The streams of a started probe, and what becomes of them. */
class RunningProbe {
  readonly #session: ProbeSession;
  readonly #context: DriverContext<unknown>;
  readonly #reading: AbortController;
  readonly #parser: ScanParser;
  #bytes = 0;
  #pictures = 0;
  #lastByteMs = performance.now();
  #lastPictureMs = performance.now();
  #askedMs = 0;
  /** A picture was asked for and has not come. */
  #isAsked = false;
  /** What comes is of a picture that broke: it is passed by until the line is quiet. */
  #isDraining = false;
  #isInterrupted = false;
  /** The picture that was asked for has come. */
  #isComplete = false;
  #failed: unknown;

  constructor(session: ProbeSession, context: DriverContext<unknown>, reading: AbortController) {
    this.#session = session;
    this.#context = context;
    this.#reading = reading;
    this.#parser = session.probe.parser(lendingTo(context, () => this.#shown()));
  }

  async read(queue: ReadQueue): Promise<void> {
    const isOfPictures = queue === this.#session.probe.queues[0];
    await this.#session.link.stream(
      queue,
      {
        data: (bytes) => this.#data(bytes, queue.endpoint),
        fault: (kind) => {
          this.#context.lost(`usb-probe/${kind}`, 0);
          if (isOfPictures) this.#interrupted();
        },
        resumed: () => {
          this.#isInterrupted = false;
          this.#lastByteMs = performance.now();
        },
      },
      this.#reading.signal,
    );
  }

  /** Asks for pictures where the probe wants to be asked, and gives a probe up that shows none. */
  async watch(signal: AbortSignal): Promise<void> {
    this.#lastByteMs = performance.now();
    this.#lastPictureMs = this.#lastByteMs;
    await this.#ask();
    while (!signal.aborted) {
      await wait(tickMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      if (this.#failed !== undefined) throw this.#failed;
      this.#giveUpOnSilence();
      await this.#recover();
    }
  }

  #data(bytes: Uint8Array, endpoint: number): void {
    this.#bytes += bytes.length;
    this.#lastByteMs = performance.now();
    if (this.#isDraining) {
      this.#context.lost('usb-probe/stray-transfer', 0);
      return;
    }
    this.#parser.push(bytes, this.#context.now(), endpoint);
    if (this.#parser.isOverfull === true) this.#passBy('usb-probe/broken-picture');
    else if (this.#isComplete) this.#askNext();
  }

  #shown(): void {
    this.#pictures++;
    this.#lastPictureMs = performance.now();
    this.#isComplete = this.#session.probe.askPicture !== undefined;
  }

  #askNext(): void {
    this.#isComplete = false;
    this.#isAsked = false;
    this.#ask().catch((thrown: unknown) => {
      this.#failed = thrown;
    });
  }

  #interrupted(): void {
    this.#isInterrupted = true;
    if (this.#isAsked) this.#passBy('usb-probe/broken-picture');
    else this.#parser.interrupted();
  }

  /** The picture that was asked for is lost, and whatever is still coming of it. */
  #passBy(reason: string): void {
    this.#parser.interrupted();
    if (!this.#isDraining) this.#context.lost(reason, 1);
    this.#isDraining = true;
  }

  async #ask(): Promise<void> {
    const { probe, link } = this.#session;
    if (probe.askPicture === undefined || this.#isAsked || this.#reading.signal.aborted) return;
    this.#isAsked = true;
    this.#askedMs = performance.now();
    await probe.askPicture(link);
  }

  async #recover(): Promise<void> {
    if (!this.#isAsked) return;
    const now = performance.now();
    if (!this.#isDraining) {
      if (now - this.#askedMs > pictureMs) this.#passBy('usb-probe/missing-picture');
    } else if (!this.#isInterrupted && now - this.#lastByteMs > quietMs) {
      this.#isDraining = false;
      this.#isAsked = false;
      await this.#ask();
    }
  }

  #giveUpOnSilence(): void {
    const { name } = this.#session.device;
    const now = performance.now();
    if (now - this.#lastByteMs > patienceMs) throw new AppError('usb-probe/silent', { device: name, seconds: patienceMs / 1000 });
    if (now - this.#lastPictureMs > 2 * patienceMs) {
      throw new AppError('usb-probe/no-lines', { device: name, bytes: this.#bytes, pictures: this.#pictures });
    }
  }
}

const tickMs = 20;

/** Hands pictures on to the stream. `shown` is told of each. */
export function lendingTo(context: DriverContext<unknown>, shown: () => void): ScanSink {
  return {
    picture(firstAtNs, fill) {
      context.lend({ capturedAtNs: firstAtNs }, fill);
      shown();
    },
    lost(name, count, pictures = 0) {
      if (pictures > 0) context.lost(name, pictures);
      else if (count > 0) context.lost(name, 0, count);
    },
  };
}
