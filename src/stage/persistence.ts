import Type, { type Static } from 'typebox';
import { steadyAverageScratch, vectorBytes } from '../../wasm/scratch.ts';
import type { FrameFormat } from '../frame/frame-format.ts';
import { differenceTableBytes, NoiseTable } from './noise-table.ts';
import { oneOf } from './one-of.ts';
import type { Stage, StageRoom } from './stage.ts';

const options = Type.Object(
  {
    mode: oneOf(['plain', 'quantum', 'motion-compensated'], {
      title: 'Mode',
      default: 'plain',
      description: 'plain: one threshold; quantum: the noise is measured by brightness; motion-compensated: it also follows what moves',
    }),
    strength: Type.Number({
      title: 'Strength',
      default: 0.5,
      minimum: 0,
      maximum: 0.95,
      multipleOf: 0.05,
      description: 'share of the pictures before, where nothing moves',
    }),
    threshold: Type.Number({
      title: 'Motion threshold',
      default: 6,
      minimum: 0,
      maximum: 60,
      multipleOf: 1,
      description: 'difference that still counts as noise: grey levels, or halves of the deviation of the measured noise',
    }),
  },
  { additionalProperties: false },
);
type Options = Static<typeof options>;

/** From the threshold on, 32 grey levels more and the new picture is taken whole (2^3 * 32 * 128 = 32768). */
const ramp = 3;

/** What lies longer apart than this, or than three frame intervals of the source, is not averaged: no ghost of an older scene. */
const longestGapMs = 1000;

/** Most pictures that an average over time stands for, besides the new one. */
const longestMemory = 15;
/** How far a block may move between two frames, pixels. */
const motionReach = 14;

/** Averages over time where the picture stands still, follows at once where it moves. */
export const persistence: Stage<typeof options> = {
  name: 'persistence',
  title: 'Persistence',
  options,
  onGreyPlane: true,
  output: (input) => (input.pixelFormat === 'GREY' ? input : undefined),
  // The measured modes look at the whole picture, and what a neighbour's history was spreads a row a frame.
  reach: (_input, { mode }) => (mode === 'plain' ? 0 : Number.POSITIVE_INFINITY),
  scratchBytes: (input) => layoutOf(input, 0).end,
  open(input, first, room) {
    const gapMs = Math.max(longestGapMs, 3 * (input.frameIntervalMs ?? 0));
    const layout = layoutOf(input, room.scratch);
    const plain = openPlain(input, layout.history, room);
    const measured = openMeasured(input, layout, room);
    let now = first;
    let lastMs = Number.NEGATIVE_INFINITY;
    return {
      configure(next) {
        if (next.mode !== now.mode) lastMs = Number.NEGATIVE_INFINITY;
        now = next;
      },
      apply(source, target, { capturedAtNs }) {
        const nowMs = Number(capturedAtNs) / 1e6;
        const afresh = nowMs < lastMs || nowMs - lastMs > gapMs;
        lastMs = nowMs;
        if (now.mode === 'plain') plain(source, target, now, afresh);
        else measured(source, target, now, afresh);
      },
    };
  },
};

type Apply = (source: number, target: number, options: Options, afresh: boolean) => void;

function layoutOf({ width, height }: FrameFormat, scratch: number) {
  const pixels = width * height;
  const sizes = {
    history: 2 * pixels,
    counts: pixels,
    movedHistory: 2 * pixels,
    movedCounts: pixels,
    shown: pixels,
    vectors: vectorBytes(width, height),
    tables: 32,
    differences: differenceTableBytes,
    lines: steadyAverageScratch(width),
  };
  let end = scratch;
  const places = Object.entries(sizes).map(([name, bytes]) => {
    const at = end;
    end = (end + bytes + 15) & ~15;
    return [name, at];
  });
  return { ...(Object.fromEntries(places) as Record<keyof typeof sizes, number>), end };
}

function openPlain({ width, height }: FrameFormat, history: number, { kernels }: StageRoom): Apply {
  return (source, target, { strength, threshold }, afresh) => {
    if (afresh) kernels.startHistory(source, width, width, height, history);
    const share = Math.round((1 - strength) * 32_767);
    kernels.persistence(source, width, target, width, width, height, history, share, Math.round(threshold * 128), ramp);
  };
}

/** The average over time whose thresholds follow the noise of the picture; it starts again where the scene changes. */
function openMeasured({ width, height }: FrameFormat, layout: ReturnType<typeof layoutOf>, { kernels, memory }: StageRoom): Apply {
  const { shown, vectors, tables, differences, lines } = layout;
  const bytes = new Uint8Array(memory);
  const noise = new NoiseTable(memory, differences, tables);
  const pixels = width * height;
  let [history, counts, otherHistory, otherCounts] = [layout.history, layout.counts, layout.movedHistory, layout.movedCounts];

  const restart = (source: number): void => {
    noise.forget();
    kernels.startHistory(source, width, width, height, history);
    bytes.fill(0, counts, counts + pixels);
    bytes.fill(0, vectors, vectors + vectorBytes(width, height));
  };

  const follow = (source: number): void => {
    const stiffness = Math.round(stiffnessPerDeviation * noise.deviation);
    kernels.blockMotion(source, width, shown, width, height, vectors, stiffness, motionReach);
    kernels.followMotion(history, counts, width, height, vectors, otherHistory, otherCounts);
    [history, otherHistory] = [otherHistory, history];
    [counts, otherCounts] = [otherCounts, counts];
  };

  return (source, target, { mode, strength, threshold }, afresh) => {
    if (!afresh) {
      if (mode === 'motion-compensated') follow(source);
      kernels.countDifferences(source, width, width, height, history, differences);
    }
    if (afresh || noise.sceneChanged()) restart(source);
    else noise.learn();
    noise.writeThresholds(threshold / 2);
    // The memory grows until the new picture has the share that the strength leaves it.
    const longest = Math.min(Math.ceil(1 / (1 - strength) - 1e-9) - 1, longestMemory);
    for (let count = 0; count <= longestMemory; count++) {
      bytes[tables + 16 + count] = Math.round(128 * Math.max(1 / (Math.min(count, longest) + 1), 1 - strength)) - 1;
    }
    const steepness = steepnessFor((threshold / 2) * noise.deviation);
    kernels.steadyAverage(source, width, target, width, width, height, history, counts, tables, longest, steepness, lines);
    if (mode === 'motion-compensated') bytes.copyWithin(shown, target, target + pixels);
  };
}

/** Over 128 pixels of white noise a block's difference varies by about ten deviations of a pixel, thirty of a mean over 3x3. */
const stiffnessPerDeviation = 12;

/** A difference of twice the threshold costs the whole memory. */
function steepnessFor(thresholdLevels: number): number {
  return Math.min(Math.max(Math.round(Math.log2((36 * Math.max(thresholdLevels, 0.1)) / longestMemory)), 0), 7);
}
