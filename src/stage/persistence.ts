import Type from 'typebox';
import type { Stage } from './stage.ts';

const options = Type.Object(
  {
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
      description: 'difference in grey levels that still counts as noise',
    }),
  },
  { additionalProperties: false },
);

/** From the threshold on, 32 grey levels more and the new picture is taken whole (2^3 * 32 * 128 = 32768). */
const ramp = 3;

/** What lies longer apart than this, or than three frame intervals of the source, is not averaged: no ghost of an older scene. */
const longestGapMs = 1000;

/** Motion-adaptive persistence: averages over time where the picture stands still, follows at once where it moves. */
export const persistence: Stage<typeof options> = {
  name: 'persistence',
  title: 'Persistence',
  options,
  output: (input) => (input.pixelFormat === 'GREY' ? input : undefined),
  reach: () => 0,
  scratchBytes: ({ width, height }) => width * height * 2,
  open({ width, height, frameIntervalMs = 0 }, first, { kernels, scratch }) {
    let { strength, threshold } = first;
    const gapMs = Math.max(longestGapMs, 3 * frameIntervalMs);
    let lastMs = Number.NEGATIVE_INFINITY;
    return {
      configure(next) {
        ({ strength, threshold } = next);
      },
      apply(source, target, { capturedAtNs }) {
        const nowMs = Number(capturedAtNs) / 1e6;
        if (nowMs < lastMs || nowMs - lastMs > gapMs) kernels.startHistory(source, width, width, height, scratch);
        lastMs = nowMs;
        const share = Math.round((1 - strength) * 32_767);
        kernels.persistence(source, width, target, width, width, height, scratch, share, Math.round(threshold * 128), ramp);
      },
    };
  },
};
