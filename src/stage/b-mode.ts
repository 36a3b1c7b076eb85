import Type, { type Static } from 'typebox';
import { type RfSignal, scanSize } from '../frame/scan-geometry.ts';
import { oneOf } from './one-of.ts';
import type { FormingStage } from './stage.ts';

/** Samples on either side that the filter sees. */
const filterReach = 16;
const taps = 2 * filterReach + 1;

const options = Type.Object(
  {
    compression: oneOf(['log', 'fourth-root'] as const, {
      title: 'Compression',
      default: 'log',
      description: 'how the strength of the echo becomes grey: its logarithm, or its fourth root',
    }),
    dynamicRangeDb: Type.Number({
      title: 'Dynamic range',
      default: 60,
      minimum: 20,
      maximum: 120,
      description: 'dB from black to white, for the logarithm',
    }),
    gainDb: Type.Number({
      title: 'Gain',
      default: 0,
      minimum: -60,
      maximum: 60,
      description: 'dB; at 0 the strongest echo that 16 bits hold is white',
    }),
    edgeSamples: Type.Integer({
      title: 'Black edge',
      default: filterReach,
      minimum: 0,
      maximum: 1000,
      description: 'samples at both ends of a line that stay black: transmit burst, and where the filter has no signal on one side',
    }),
  },
  { additionalProperties: false },
);
type Options = Static<typeof options>;

const tableBytes = 65_536;
/** Strongest amplitude of a sample of 16 bits. */
const fullScale = 32_767;

/** Raw radio-frequency or I/Q lines → lines of grey: band-pass, envelope, compression. */
export const bMode: FormingStage<typeof options> = {
  name: 'b-mode',
  title: 'B-mode',
  options,
  output(input) {
    if (input.rf === undefined) return undefined;
    const { lines, samples } = scanSize(input.width, input.height, input.rf);
    const { rf: _used, ...rest } = input;
    return { ...rest, pixelFormat: 'GREY', width: samples, height: lines, bytesPerLine: samples };
  },
  scratchBytes: ({ width, rf }) => (rf === undefined ? 0 : tableBytes + taps * 8 + 4 * (width + taps + 16)),
  open(input, given, { kernels, memory, scratch }) {
    const rf = input.rf as RfSignal;
    const { lines, samples } = scanSize(input.width, input.height, rf);
    const { bytesPerLine } = input;
    const table = new Uint8Array(memory, scratch, tableBytes);
    const [filter, line] = [scratch + tableBytes, scratch + tableBytes + taps * 8];
    const bytes = new Uint8Array(memory);
    fillTable(table, given);
    new Float32Array(memory, filter, 2 * taps).set(bandPass(rf));
    const black = Math.min(given.edgeSamples, samples);
    new Uint8Array(memory, line, 2 * samples).fill(0);
    const compress = (source: number, target: number): void => {
      // Of what is an envelope already only the power is taken: its quadrature is a line of noughts.
      for (let y = 0; y < lines; y++) {
        kernels.iqEnvelope(source + y * bytesPerLine, line, 2, bytesPerLine, target + y * samples, samples, samples, 1, scratch);
      }
    };
    const detect = (source: number, target: number): void => {
      if (rf.layout === 'envelope') compress(source, target);
      else if (rf.layout === 'rf') kernels.rfEnvelope(source, bytesPerLine, target, samples, samples, lines, filter, taps, scratch, line);
      else if (rf.layout === 'iq-pairs') kernels.iqEnvelope(source, source + 2, 4, bytesPerLine, target, samples, samples, lines, scratch);
      else kernels.iqEnvelope(source, source + bytesPerLine, 2, 2 * bytesPerLine, target, samples, samples, lines, scratch);
    };
    return (source, target) => {
      detect(source, target);
      // The end of a line and the beginning of the next are one piece.
      for (let y = 0; y <= lines; y++) {
        const border = target + y * samples;
        bytes.fill(0, y === 0 ? border : border - black, y === lines ? border : border + black);
      }
    };
  },
};

/** Grey level of every power that the kernels tell apart: the middle of each step. */
function fillTable(table: Uint8Array, { compression, dynamicRangeDb, gainDb }: Options): void {
  const word = new DataView(new ArrayBuffer(4));
  const full = fullScale ** 2;
  const gain = 10 ** (gainDb / 10);
  for (let index = 0; index < table.length; index++) {
    word.setUint32(0, index * 2 ** 15 + 2 ** 14);
    const power = (word.getFloat32(0) * gain) / full;
    const level = compression === 'log' ? 1 + (10 * Math.log10(power)) / dynamicRangeDb : power ** (1 / 8);
    table[index] = index === 0 || Number.isNaN(level) ? 0 : Math.round(Math.min(Math.max(level, 0), 1) * 255);
  }
}

/**
 * Taps of the analytic signal's filter, real and imaginary part in turn: a Hamming window (a Hilbert transform where the band is not known)
 * times a wave of the centre frequency. An amplitude in the middle of the band is kept.
 */
function bandPass({ sampleRateMHz, centreMHz, bandMHz }: RfSignal): Float32Array {
  const filter = new Float32Array(2 * taps);
  const known = centreMHz > 0 && bandMHz > 0;
  const cutoff = bandMHz / sampleRateMHz / 2;
  let gain = 0;
  for (let tap = 0; tap < taps; tap++) {
    const n = tap - filterReach;
    const hamming = 0.54 + 0.46 * Math.cos((Math.PI * n) / filterReach);
    if (!known) {
      filter[2 * tap] = n === 0 ? 1 : 0;
      filter[2 * tap + 1] = n % 2 === 0 ? 0 : (2 / (Math.PI * n)) * hamming;
      continue;
    }
    const low = n === 0 ? 2 * cutoff : Math.sin(2 * Math.PI * cutoff * n) / (Math.PI * n);
    const turn = (2 * Math.PI * centreMHz * n) / sampleRateMHz;
    filter[2 * tap] = low * hamming * Math.cos(turn);
    filter[2 * tap + 1] = low * hamming * Math.sin(turn);
    gain += low * hamming;
  }
  // A real wave is the sum of two that turn against each other: the filter keeps one, half its amplitude.
  return known ? filter.map((value) => (2 * value) / gain) : filter;
}
