import { MirrorPoint } from './mirror-point.ts';
import type { ScanSink } from './probe.ts';

/** A turn of the motor in lines: its first half is the way there, the second the way back. */
const shortestSweep = 20;
const longestTurn = 480;
/** More lines missing in a row, and what they would have shown is not invented. */
const longestGap = 6;
/** The first line of a turn comes so long after the point where the probe turned round, in lines; measured: 0.75 to 1. */
const turnBeforeFirst = 0.8;
/**
 * In the middle of the way there the probe is behind the middle of its angle, and ahead on the way back, by this share of the sweep:
 * measured on the recording, where both then show the same place (docs/decisions.md).
 */
const lag = 0.0125;

/**
 * Pictures from the lines of a probe whose transducer swings to and fro, at a speed that varies: every sweep is one picture, with a
 * fixed number of lines at equal steps between its two turning points, and every other one is turned round.
 */
export class SweptPictures {
  readonly #sink: ScanSink;
  readonly #samples: number;
  readonly #rows: number;
  readonly #mirror: MirrorPoint;
  /** Lines since `#base`. */
  readonly #lines: Uint8Array;
  readonly #times: bigint[] = [];
  #base = 0;
  /** Number of the line to come. */
  #next = 0;
  #sweep: { readonly from: number; readonly isBack: boolean } | undefined;
  /** Lines of the last way there: those of the next one are not many more or less. */
  #thereLines: number | undefined;

  constructor(sink: ScanSink, samples: number, rows: number) {
    this.#sink = sink;
    this.#samples = samples;
    this.#rows = rows;
    this.#mirror = new MirrorPoint(samples);
    this.#lines = new Uint8Array((longestTurn + 64) * samples);
  }

  /** The line at `at`, after `missing` lines that did not come; `isFirst`: the motor begins a turn with it. */
  line(bytes: Uint8Array, at: number, atNs: bigint, missing: number, isFirst: boolean): void {
    if (missing > 0) this.#bridge(missing, bytes, at, atNs);
    if (isFirst) this.#turn();
    const point = this.#append(bytes, at, atNs);
    const sweep = this.#sweep;
    if (sweep === undefined) {
      if (this.#next - this.#base > 64) this.#leaveOut(32);
      return;
    }
    const number = this.#next - 1;
    if (!sweep.isBack) this.#lookForTheTurn(sweep.from, point, number);
    if (number - sweep.from > longestTurn) this.giveUp();
  }

  /** What has come of the sweep is no whole one. */
  giveUp(): void {
    const begun = this.#sweep;
    if (begun === undefined) {
      this.#leaveOut(this.#next - this.#base);
      return;
    }
    this.#sink.lost('usb-probe/line-of-broken-picture', Math.max(1, this.#next - Math.ceil(begun.from)));
    this.#sink.lost('usb-probe/broken-picture', 1, 1);
    this.#sweep = undefined;
    this.#mirror.restart();
    this.#dropBefore(this.#next);
  }

  #lookForTheTurn(from: number, point: number | undefined, number: number): void {
    const expected = this.#thereLines;
    const isPlausible = (at: number): boolean =>
      at - from >= shortestSweep && (expected === undefined || Math.abs(at - from - expected) < expected / 3);
    // A picture without anything in it has no mirror image: the turn is where the last one was.
    const overdue = expected !== undefined && number - from > expected * 1.25 + MirrorPoint.delay ? from + expected : undefined;
    const turned = point !== undefined && isPlausible(point) ? point : overdue;
    if (turned === undefined) {
      if (point !== undefined) this.#mirror.restart();
      return;
    }
    this.#thereLines = turned - from;
    this.#show(from, turned, false);
    this.#sweep = { from: turned, isBack: true };
    this.#mirror.restart();
    this.#dropBefore(Math.floor(turned) - 2);
  }

  #turn(): void {
    const turned = this.#next - turnBeforeFirst;
    const sweep = this.#sweep;
    if (sweep?.isBack === true && turned - sweep.from >= shortestSweep) {
      this.#show(sweep.from, turned, true);
    } else if (sweep !== undefined) this.giveUp();
    else this.#leaveOut(this.#next - this.#base);
    this.#sweep = { from: turned, isBack: false };
    this.#mirror.restart();
    this.#dropBefore(Math.floor(turned) - 2);
  }

  #bridge(missing: number, bytes: Uint8Array, at: number, atNs: bigint): void {
    this.#sink.lost('usb-probe/missing-line', missing);
    if (missing > longestGap) this.giveUp();
    else for (let line = 0; line < missing; line++) this.#append(bytes, at, atNs);
  }

  /** Answers a point where the probe turned round, when it is known. */
  #append(bytes: Uint8Array, at: number, atNs: bigint): number | undefined {
    this.#lines.set(bytes.subarray(at, at + this.#samples), (this.#next - this.#base) * this.#samples);
    this.#times[this.#next - this.#base] = atNs;
    return this.#mirror.passed(this.#next++, bytes, at);
  }

  /** Lines that came before a turn of the motor began: they are of no picture. */
  #leaveOut(lines: number): void {
    if (lines === 0) return;
    this.#sink.lost('usb-probe/line-before-first-picture', lines);
    this.#dropBefore(this.#base + lines);
  }

  #dropBefore(number: number): void {
    const drop = Math.min(number, this.#next) - this.#base;
    if (drop <= 0) return;
    this.#lines.copyWithin(0, drop * this.#samples, (this.#next - this.#base) * this.#samples);
    this.#times.splice(0, drop);
    this.#base += drop;
  }

  #show(from: number, to: number, isBack: boolean): void {
    const firstAtNs = this.#times[Math.max(0, Math.ceil(from) - this.#base)] ?? 0n;
    this.#sink.picture(firstAtNs, (pixels) => {
      for (let row = 0; row < this.#rows; row++) {
        const place = (row + 0.5) / this.#rows;
        const bow = lag * Math.sin(Math.PI * place);
        const way = isBack ? 1 - (place + bow) : place - bow;
        this.#between(from + way * (to - from), pixels, row * this.#samples);
      }
    });
  }

  /** The line at a place between two lines. */
  #between(place: number, target: Uint8Array, to: number): void {
    const last = this.#next - this.#base - 1;
    const within = Math.min(Math.max(place - this.#base, 0), last);
    const left = Math.min(Math.floor(within), Math.max(0, last - 1));
    const share = Math.round((within - left) * 256);
    const first = left * this.#samples;
    const second = Math.min(left + 1, last) * this.#samples;
    for (let sample = 0; sample < this.#samples; sample++) {
      const a = this.#lines[first + sample] as number;
      const b = this.#lines[second + sample] as number;
      target[to + sample] = a + (((b - a) * share + 128) >> 8);
    }
  }
}
