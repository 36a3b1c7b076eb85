import type { Skew } from './in-step.ts';
import type { LiveState } from './live-state.ts';
import type { PastTruth } from './past/past-messages.ts';
import type { Shown, ShownPicture, StreamTruth } from './worker-messages.ts';

/** A tick older than this says nothing about now: the worker hangs, or the page did. */
export const staleMs = 1000;

/** What the page may say of a picture: the worker's verdict, overruled where the worker has fallen silent. */
export interface PictureTruth {
  readonly state: LiveState;
  readonly frozen: boolean;
  /** The worker does not answer: the picture cannot be trusted whatever it looks like. */
  readonly unanswered: boolean;
  readonly ageMs: number | undefined;
  readonly meanAgeMs: number | undefined;
  readonly worstAgeMs: number | undefined;
  readonly fps: number | undefined;
  readonly shown: Shown;
  readonly paired: boolean;
  readonly reprocessable: boolean;
  readonly reprocessed: boolean;
  readonly picture: ShownPicture | undefined;
  readonly refused: number;
  readonly overtaken: number;
  readonly skew: Skew | undefined;
  /** The past is looked at, and `picture` is of it; all else is true of the live picture beside it. */
  readonly past?: PastTruth;
  readonly livePicture?: ShownPicture;
}

interface Heard {
  readonly byStream: ReadonlyMap<number, StreamTruth>;
  readonly silentMs: number;
}

const nothing: PictureTruth = {
  state: 'waiting',
  frozen: false,
  unanswered: false,
  ageMs: undefined,
  meanAgeMs: undefined,
  worstAgeMs: undefined,
  fps: undefined,
  shown: 'processed',
  paired: false,
  reprocessable: false,
  reprocessed: false,
  picture: undefined,
  refused: 0,
  overtaken: 0,
  skew: undefined,
};

export function pictureTruth(heard: Heard, stream: number): PictureTruth {
  const truth = heard.byStream.get(stream) ?? nothing;
  if (heard.silentMs < staleMs) return { ...truth, unanswered: false };
  const ageMs = truth.ageMs === undefined ? undefined : truth.ageMs + heard.silentMs;
  return {
    ...truth,
    state: 'not-live',
    unanswered: true,
    ageMs,
    meanAgeMs: undefined,
    worstAgeMs: undefined,
    fps: undefined,
    skew: undefined,
  };
}
