import type { Kept } from '../../src/protocol/examination-messages.ts';
import type { ShownPicture, WireError } from '../worker-messages.ts';
import type { Gap } from './frame-list.ts';
import type { Exactness } from './held-frames.ts';
import type { Loop, Rate } from './pace.ts';

/** What is looked at instead of the live picture: the last minutes of the stream itself, or what was kept. */
export type PastOf = { readonly of: 'stream' } | { readonly of: 'kept'; readonly kept: Kept };

/** What the page wants of the past in the tile of a stream. */
export type PastAct =
  | { readonly act: 'open'; readonly past: PastOf; readonly atUs: number | undefined; readonly playing: boolean }
  /** At the moment at which the others are that go in step, unless something of the past is there already. */
  | { readonly act: 'open-in-step' }
  | { readonly act: 'close' }
  /** The frame that was on the screen at that time. */
  | { readonly act: 'seek'; readonly atUs: number }
  | { readonly act: 'step'; readonly frames: number }
  /** The next R peak behind or before. */
  | { readonly act: 'peak'; readonly direction: 1 | -1 }
  | { readonly act: 'play'; readonly playing: boolean }
  | { readonly act: 'rate'; readonly rate: Rate }
  | { readonly act: 'loop'; readonly loop: Loop | undefined };

/** What is true of the past in a tile. */
export interface PastTruth {
  readonly past: PastOf;
  /** The frame on the canvas; undefined before the first. */
  readonly picture: ShownPicture | undefined;
  /** How that frame is: as it was captured, or lighter while a hand moves over the time on a thin line. */
  readonly exactness: Exactness;
  /** Where the hand is: the frame on the canvas, or one that is still on its way. */
  readonly atUs: number | undefined;
  readonly waiting: boolean;
  readonly playing: boolean;
  readonly rate: Rate;
  readonly loop: Loop | undefined;
  /** How much later it was captured than the picture that leads, 0 for that one itself; undefined: nothing goes in step with it. */
  readonly apartMs: number | undefined;
  /** Missing just before the frame on the canvas. */
  readonly gap: Gap | undefined;
  readonly rPeak: boolean;
  /** Number of the frame on the canvas and how many there are; counted from 1. Only of what was kept. */
  readonly frame: { readonly number: number; readonly of: number } | undefined;
  readonly timeline: Timeline | undefined;
  /** There is no frame to go back to. */
  readonly nothing: boolean;
  /** Why it stands still. */
  readonly error: WireError | undefined;
}

/** What there is to go back to. */
export interface Timeline {
  readonly fromUs: number;
  readonly toUs: number;
  readonly frames: number;
  readonly lost: number;
  /** Stretches without frames. */
  readonly gaps: readonly { readonly fromUs: number; readonly toUs: number; readonly lost: number }[];
  /** Capture times, as far as the index is here. */
  readonly rPeaksUs: readonly number[];
}
