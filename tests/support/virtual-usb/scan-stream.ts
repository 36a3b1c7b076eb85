import { fillWithNoise, StreamFaults } from './stream-faults.ts';
import type { Bus, Delivery, Fault, InEndpoint } from './virtual-device.ts';

export interface ScanStreamSettings {
  readonly address: number;
  /** Frames as they are on the wire, all of the same length, shown in turn for ever. */
  readonly frames: readonly Uint8Array[];
  /** Writes the number of a frame into its bytes, before any of them is sent. */
  readonly stamp: (frame: Uint8Array, counter: number) => void;
  readonly rateMBps: number;
  /** What the probe keeps while nobody reads; beyond that it leaves whole frames out, and counts them. Default 4 MiB. */
  readonly memoryBytes?: number;
  /** Whether a transfer ends with the frame, by a short packet, as where the firmware commits its last packet. */
  readonly endsWithFrame?: boolean;
}

/** A probe's bulk endpoint: frames at a steady rate, whoever reads, and faults on request. */
export class ScanStream implements InEndpoint {
  readonly #settings: ScanStreamSettings;
  readonly #faults = new StreamFaults();
  readonly #frameBytes: number;
  #bus: Bus | undefined;
  #timer: NodeJS.Timeout | undefined;
  #rateMBps: number;
  #lastTickMs = 0;
  /** Bytes that the probe has made and nobody has taken. */
  #backlogBytes = 0;
  #at = 0;
  #frame: Uint8Array;
  readonly #counts = { framesSent: 0, framesLeftOut: 0, faults: 0, bytesSent: 0, starts: 0 };
  #counter = 0;

  constructor(settings: ScanStreamSettings) {
    this.#settings = settings;
    this.#rateMBps = settings.rateMBps;
    this.#frame = settings.frames[0] as Uint8Array;
    this.#frameBytes = this.#frame.length;
  }

  get isRunning(): boolean {
    return this.#timer !== undefined;
  }

  /** `framesSent`: taken to their last byte; `framesLeftOut`: for want of memory. */
  counts(): Readonly<Record<string, number>> {
    return { ...this.#counts, nextFrame: this.#counter };
  }

  plugged(bus: Bus): void {
    this.#bus = bus;
  }

  start(): void {
    if (this.isRunning) return;
    this.#counts.starts++;
    this.#lastTickMs = performance.now();
    this.#backlogBytes = 0;
    this.#at = 0;
    this.#openFrame();
    this.#timer = setInterval(() => this.#tick(), tickMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  fault(fault: Fault): void {
    this.#counts.faults++;
    this.#faults.add(fault);
  }

  setRate(rateMBps: number): void {
    this.#rateMBps = rateMBps;
  }

  deliver(into: Uint8Array): Delivery {
    if (!this.isRunning || this.#faults.isQuiet()) return wait;
    const wanted = this.#settings.endsWithFrame ? Math.min(into.length, this.#frameBytes - this.#at) : into.length;
    if (this.#backlogBytes < wanted) return wait;
    const fault = this.#faults.next();
    if (fault === undefined) return this.#send(into, wanted);
    switch (fault.fault) {
      case 'stall':
        return { kind: 'stall' };
      case 'zero-length':
        return { kind: 'data', bytes: 0 };
      case 'babble':
        this.#pass(wanted);
        return { kind: 'babble' };
      case 'short':
        return this.#send(into, Math.min(fault.bytes, wanted));
      case 'cut':
        this.#pass(fault.bytes);
        return this.#send(into, Math.min(wanted, this.#backlogBytes));
      case 'garbage': {
        const bytes = Math.min(fault.bytes, into.length);
        fillWithNoise(into.subarray(0, bytes), fault.seed);
        return { kind: 'data', bytes };
      }
      case 'unplug':
        this.#bus?.unplug();
        return wait;
    }
  }

  #tick(): void {
    const nowMs = performance.now();
    const made = (nowMs - this.#lastTickMs) * this.#rateMBps * 1000;
    this.#lastTickMs = nowMs;
    if (!this.#faults.isQuiet()) this.#backlogBytes += Math.round(made);
    const { memoryBytes = 4 * 2 ** 20, address } = this.#settings;
    const tooMany = Math.ceil((this.#backlogBytes - memoryBytes) / this.#frameBytes);
    if (tooMany > 0) this.#leaveOut(tooMany);
    this.#bus?.ready(address);
  }

  /** Frames that are still wholly in the probe go; the one that is being sent is sent to its end. */
  #leaveOut(frames: number): void {
    this.#counts.framesLeftOut += frames;
    this.#backlogBytes -= frames * this.#frameBytes;
    this.#counter += frames;
  }

  #send(into: Uint8Array, bytes: number): Delivery {
    for (let sent = 0; sent < bytes; ) {
      const part = Math.min(bytes - sent, this.#frameBytes - this.#at);
      into.set(this.#frame.subarray(this.#at, this.#at + part), sent);
      sent += part;
      this.#advance(part);
    }
    this.#backlogBytes -= bytes;
    this.#counts.bytesSent += bytes;
    return { kind: 'data', bytes };
  }

  /** Bytes that are gone without having been sent. */
  #pass(bytes: number): void {
    for (let passed = 0; passed < bytes; ) {
      const part = Math.min(bytes - passed, this.#frameBytes - this.#at);
      passed += part;
      this.#advance(part);
    }
    this.#backlogBytes = Math.max(0, this.#backlogBytes - bytes);
  }

  #advance(bytes: number): void {
    this.#at += bytes;
    if (this.#at < this.#frameBytes) return;
    this.#counts.framesSent++;
    this.#at = 0;
    this.#openFrame();
  }

  /** The frame's number counts every frame that the probe made, sent or left out. */
  #openFrame(): void {
    const { frames, stamp } = this.#settings;
    this.#frame = frames[this.#counter % frames.length] as Uint8Array;
    stamp(this.#frame, this.#counter);
    this.#counter++;
  }
}

const wait: Delivery = { kind: 'wait' };
const tickMs = 2;
