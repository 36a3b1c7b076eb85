import { frameFormat } from '../../../src/frame/frame-format.ts';
import type { ScanGeometry } from '../../../src/frame/scan-geometry.ts';
import { type LineMark, LineStream } from '../line-stream.ts';
import type { Probe, ScanParser, ScanSettings, ScanSink, SetUp } from '../probe.ts';
import type { UsbTransport } from '../usb-transport.ts';

/**
 * BMV convex and its Doppler sibling. Facts: requests recorded on the wire between a convex probe and its own program, and what
 * kelu124/pyusbus (at 7f68591) learnt of the samples: raw RF of 16 bits, little-endian. Of the sibling no requests are recorded: it is
 * taken to be asked in the same words. Reverse engineered, never run on hardware.
 *
 * Everything that is written is packets of 512 bytes: a mark, 8 bytes of nothing, words of 4 bytes (value, address), a mark.
 */
const outEndpoint = 0x01;
const inEndpoint = 0x81;
const packetBytes = 512;
const packetHead = 0x5a;
const packetTail = 0xa5;
const firstWord = 12;
/** Words that run the acquisition, by what the recordings show of their moment: value, address. */
const acquisition = { stop: 0xa0010000, start: 0xa0020000 } as const;
/** Firmware questions, recorded as they are: vendor, recipient "other". */
const fromDevice = 0xc3;

/** Samples of a line that are its head: mark, something, number of the picture, four that nobody knows. */
const headWords = 7;

interface Model {
  readonly name: string;
  readonly title: string;
  readonly product: number;
  readonly lines: number;
  /** Samples of a line with its head. */
  readonly lineWords: number;
  readonly isMeasured: (settings: ScanSettings) => boolean;
  readonly scan: (settings: ScanSettings) => ScanGeometry;
}

const given = (...values: readonly (number | undefined)[]): boolean => values.every((value) => value !== undefined);

export const bmvConvex = probeOf({
  name: 'bmv-convex',
  title: 'BMV convex',
  product: 0x00f1,
  lines: 80,
  lineWords: 3900,
  isMeasured: ({ depthMm, sectorDeg, radiusMm }) => given(depthMm, sectorDeg, radiusMm),
  scan: ({ depthMm = 150, sectorDeg = 60, radiusMm = 60 }) => ({
    kind: 'curvilinear',
    depthStartMm: 0,
    depthEndMm: depthMm,
    radiusMm,
    angleStartDeg: -sectorDeg / 2,
    angleEndDeg: sectorDeg / 2,
  }),
});

export const bmvDoppler = probeOf({
  name: 'bmv-doppler',
  title: 'BMV linear with Doppler, its B-mode',
  product: 0x1003,
  lines: 128,
  lineWords: 3584,
  isMeasured: ({ depthMm, widthMm }) => given(depthMm, widthMm),
  scan: ({ depthMm = 50, widthMm = 40 }) => ({
    kind: 'linear',
    depthStartMm: 0,
    depthEndMm: depthMm,
    lineStartMm: -widthMm / 2,
    lineEndMm: widthMm / 2,
  }),
});

function probeOf({ name, title, product, lines, lineWords, scan, isMeasured }: Model): Probe {
  const samples = lineWords - headWords;
  return {
    name,
    title,
    vendor: 0x04b4,
    product,
    queues: [{ endpoint: inEndpoint, transfers: 32, transferBytes: 65_536 }],
    outputs: [outEndpoint],
    hazards: ['highVoltage'],
    wantsSetUp: true,
    lineIntervalUs: 1000,
    lineBytes: lineWords * 2,
    format(settings) {
      const geometry = scan(settings);
      return frameFormat(samples, lines, 'S16', {
        scan: isMeasured(settings) ? geometry : { ...geometry, assumed: true },
        rf: { layout: 'rf', sampleRateMHz: (samples * soundMmPerUs) / (2 * geometry.depthEndMm), centreMHz: 0, bandMHz: 0 },
        frameIntervalMs: 250,
      });
    },
    isMeasured,
    async initialise(link, setUp) {
      await link.ask({ requestType: fromDevice, request: 176 }, 8);
      for (const [index, length] of [
        [0, 32],
        [32, 32],
        [64, 8],
      ] as const) {
        await link.ask({ requestType: fromDevice, request: 187, value: 3, index }, length);
      }
      for (const packet of packetsOf(setUp).before) await link.write(outEndpoint, packet);
    },
    async start(link, setUp) {
      await link.write(outEndpoint, packetOf(acquisition.start));
      // Its own program goes on configuring it while it runs.
      for (const packet of packetsOf(setUp).after) await link.write(outEndpoint, packet);
    },
    stop: (link: UsbTransport) => link.write(outEndpoint, packetOf(acquisition.stop)),
    parser: (sink) => new CountedPictures(sink, lines, lineWords),
  };
}

/** In soft tissue. */
const soundMmPerUs = 1.54;

function packetOf(word: number): Uint8Array {
  const packet = new Uint8Array(packetBytes);
  packet.fill(packetHead, 0, 4).fill(packetTail, packetBytes - 4);
  new DataView(packet.buffer).setUint32(firstWord, word, true);
  return packet;
}

/** The packets of a recorded set-up in front of and behind its first start. */
function packetsOf(setUp: SetUp | undefined): { readonly before: readonly Uint8Array[]; readonly after: readonly Uint8Array[] } {
  const packets = (setUp?.writes ?? []).filter(({ endpoint, data }) => endpoint === outEndpoint && data.length === packetBytes);
  const words = packets.map(({ data }) => new DataView(data.buffer, data.byteOffset).getUint32(firstWord, true));
  const starts = words.indexOf(acquisition.start);
  const stops = words.indexOf(acquisition.stop);
  const end = stops < 0 ? packets.length : stops;
  const begin = starts < 0 ? end : starts;
  const data = packets.map((packet) => packet.data);
  return { before: data.slice(0, begin), after: data.slice(begin + 1, end) };
}

/** Pictures of lines that carry the picture's number, by which a picture that is not whole is known. */
class CountedPictures implements ScanParser {
  readonly #sink: ScanSink;
  readonly #stream: LineStream;
  readonly #lines: number;
  readonly #lineBytes: number;
  readonly #picture: Uint8Array;
  #held = 0;
  /** Number of the picture whose lines come, undefined until a line has told it. */
  #number: number | undefined;
  /** Lines of it have been missed: it began before the stream was understood. */
  #isPartial = true;
  #atNs = 0n;
  #firstAtNs = 0n;

  constructor(sink: ScanSink, lines: number, lineWords: number) {
    this.#sink = sink;
    this.#lines = lines;
    this.#lineBytes = (lineWords - headWords) * 2;
    this.#picture = new Uint8Array(lines * this.#lineBytes);
    this.#stream = new LineStream(
      new PeakMark(lineWords),
      (bytes, at) => this.#take(bytes, at),
      (bytes) => this.#sink.lost('usb-probe/stray-bytes', bytes),
    );
  }

  push(bytes: Uint8Array, atNs: bigint): void {
    this.#atNs = atNs;
    this.#stream.push(bytes);
  }

  interrupted(): void {
    this.#stream.interrupted();
  }

  #take(bytes: Uint8Array, at: number): void {
    const number = word(bytes, at + numberAt);
    if (number !== this.#number) this.#begin(number);
    if (this.#isPartial || this.#held === this.#lines) {
      this.#sink.lost(this.#isPartial ? 'usb-probe/line-before-first-picture' : 'usb-probe/line-too-many', 1);
      return;
    }
    if (this.#held === 0) this.#firstAtNs = this.#atNs;
    const from = at + headWords * 2;
    this.#picture.set(bytes.subarray(from, from + this.#lineBytes), this.#held * this.#lineBytes);
    if (++this.#held === this.#lines) this.#sink.picture(this.#firstAtNs, (pixels) => pixels.set(this.#picture));
  }

  #begin(number: number): void {
    const before = this.#number;
    if (before !== undefined) {
      if (!this.#isPartial && this.#held < this.#lines) {
        this.#sink.lost('usb-probe/line-of-broken-picture', this.#held);
        this.#sink.lost('usb-probe/broken-picture', 1, 1);
      }
      // The number has 16 bits at most; a step that is no step forwards is a probe that began anew.
      const missed = ((number - before) & 0xffff) - 1;
      if (missed > 0 && missed < longestGap) this.#sink.lost('usb-probe/missing-picture', missed, missed);
    }
    this.#isPartial = before === undefined;
    this.#number = number;
    this.#held = 0;
  }
}

const longestGap = 1000;
/** Bytes from the beginning of a line to the number of its picture. */
const numberAt = 4;

const word = (bytes: Uint8Array, at: number): number => (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
const signed = (value: number): number => (value << 16) >> 16;

/** A line begins with the largest value that its probe sends, behind a nought; which one that is the first lines tell. */
class PeakMark implements LineMark {
  readonly lineBytes: number;
  readonly headBytes = numberAt + 2;
  #peak: number | undefined;

  constructor(lineWords: number) {
    this.lineBytes = lineWords * 2;
  }

  found(bytes: Uint8Array, at: number): boolean {
    const peak = word(bytes, at);
    if (signed(peak) <= 0 || (at >= 2 && word(bytes, at - 2) !== 0)) return false;
    const [second, third] = [at + this.lineBytes, at + 2 * this.lineBytes];
    if (word(bytes, second) !== peak || word(bytes, third) !== peak || word(bytes, second - 2) !== 0 || word(bytes, third - 2) !== 0) {
      return false;
    }
    if (!this.#isHighest(bytes, at, signed(peak))) return false;
    this.#peak = peak;
    return true;
  }

  followed(bytes: Uint8Array, at: number): boolean {
    const next = at + this.lineBytes;
    return word(bytes, at) === this.#peak && word(bytes, next) === this.#peak && word(bytes, next - 2) === 0;
  }

  #isHighest(bytes: Uint8Array, at: number, peak: number): boolean {
    for (let from = at + 2; from < at + this.lineBytes; from += 2) if (signed(word(bytes, from)) > peak) return false;
    return true;
  }
}
