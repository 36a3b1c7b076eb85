import { MirrorPoint } from './mirror-point.ts';
import type { ScanSink } from './probe.ts';
import { SweepLag } from './sweep-lag.ts';

/** A turn of the motor in lines: its first half is the way there, the second the way back. */
const shortestSweep = 20;
const longestTurn = 480;
/** More lines missing in a row, and what they would have shown is not invented. */
const longestGap = 6;
/** Lines by which the next sweep may be longer or shorter than the last one, as a share; measured: 0.04 and 0.06. */
const unevenness = 0.15;
/** The first line of a turn comes so long after the point where the probe turned round, in lines; measured: 0.75 to 1. */
const turnBeforeFirst = 0.8;
/**
 * Pictures from the lines of a probe whose transducer swings to and fro, at a speed that varies: every sweep is one picture, with a
 * fixed number of lines at equal steps between its two turning points, and every other one is turned round.
 */
export class SweptPictures {
  readonly #sink: ScanSink;
  readonly #samples: number;
  readonly #rows: number;
  readonly #mirror: MirrorPoint;
  readonly #lag: SweepLag;
  /** Lines since `#base`. */
  readonly #lines: Uint8Array;
  readonly #times: bigint[] = [];
  #base = 0;
  /** Number of the line to come. */
  #next = 0;
  #sweep: { readonly from: number; readonly isBack: boolean } | undefined;
  /** Lines of the last way back: those of the next one there are not many more or less. */
  #sweepLines: number | undefined;

  constructor(sink: ScanSink, samples: number, rows: number) {
    this.#sink = sink;
    this.#samples = samples;
    this.#rows = rows;
    this.#mirror = new MirrorPoint(samples);
    this.#lag = new SweepLag(rows, samples);
    this.#lines = new Uint8Array((longestTurn + 64) * samples);
  }

  /** The line at `at`, after `missing` lines that did not come; `isFirst`: the motor begins a turn with it. */
  line(bytes: Uint8Array, at: number, atNs: bigint, missing: number, isFirst: boolean): void {
    if (missing > 0) this.#bridge(missing, bytes, at, atNs);
    if (isFirst) this.#turn();
    this.#append(bytes, at, atNs);
    const sweep = this.#sweep;
    if (sweep === undefined) {
      if (this.#next - this.#base > 64) this.#leaveOut(32);
      return;
    }
    const number = this.#next - 1;
    if (!sweep.isBack) this.#lookForTheTurn(sweep.from, number);
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
    this.#dropBefore(this.#next);
  }

  #lookForTheTurn(from: number, number: number): void {
    const expected = this.#sweepLines;
    if (expected === undefined || number - MirrorPoint.reach < from + expected * (1 + unevenness)) return;
    const found = this.#mirror.between(from + expected * (1 - unevenness), from + expected * (1 + unevenness));
    // A picture with nothing in it has no mirror image: the probe turned round where it did the last time.
    this.#turnRound(from, found ?? from + expected);
  }

  #turnRound(from: number, turned: number): void {
    this.#show(from, turned, false);
    this.#sweep = { from: turned, isBack: true };
    this.#dropBefore(Math.floor(turned) - 2);
  }

  #turn(): void {
    const turned = this.#next - turnBeforeFirst;
    this.#endTurn(turned);
    this.#sweep = { from: turned, isBack: false };
    this.#dropBefore(Math.floor(turned) - 2);
  }

  #endTurn(turned: number): void {
    const begun = this.#sweep;
    if (begun === undefined) {
      this.#leaveOut(this.#next - this.#base);
      return;
    }
    if (!begun.isBack) {
      // The first turn, or one much faster than the last: only now it is known how many lines it has.
      const half = (turned - begun.from) / 2;
      const found = half < shortestSweep ? undefined : this.#mirror.between(begun.from + half * 0.8, begun.from + half * 1.2);
      if (found === undefined) {
        this.giveUp();
        return;
      }
      this.#turnRound(begun.from, found);
    }
    const back = this.#sweep as { readonly from: number };
    this.#sweepLines = turned - back.from;
    this.#show(back.from, turned, true);
  }

  #bridge(missing: number, bytes: Uint8Array, at: number, atNs: bigint): void {
    this.#sink.lost('usb-probe/missing-line', missing);
    if (missing > longestGap) this.giveUp();
    else for (let line = 0; line < missing; line++) this.#append(bytes, at, atNs);
  }

  #append(bytes: Uint8Array, at: number, atNs: bigint): void {
    this.#lines.set(bytes.subarray(at, at + this.#samples), (this.#next - this.#base) * this.#samples);
    this.#times[this.#next - this.#base] = atNs;
    this.#mirror.take(this.#next++, bytes, at);
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
      const { lag } = this.#lag;
      for (let row = 0; row < this.#rows; row++) {
        const place = (row + 0.5) / this.#rows;
        const bow = lag * Math.sin(Math.PI * place);
        const way = isBack ? 1 - (place + bow) : place - bow;
        this.#between(from + way * (to - from), pixels, row * this.#samples);
      }
      this.#lag.follow(pixels, isBack);
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
