import type { CalibrationRegion } from '../src/frame/calibration.ts';
import type { View } from '../src/protocol/frame-header.ts';
import type { ServerMessage, SourceStatus, StageState, ViewerMessage } from '../src/protocol/messages.ts';
import type { TierName } from '../src/protocol/tiers.ts';
import type { StageSettings } from '../src/stage/chain.ts';
import type { Skew } from './in-step.ts';
import type { LiveState } from './live-state.ts';
import type { PastAct, PastTruth, Timeline } from './past/past-messages.ts';

/** An error as it crosses the WebSocket; a newer server may send codes that this page does not know. */
export type WireError = NonNullable<SourceStatus['error']>;

export type WirePose = Extract<ServerMessage, { type: 'poses' }>['poses'][number];

/** Which pictures of a stream are on the screen; `both` lies under a divider, raw on the left. */
export type Shown = View | 'both';

/** `auto`: the best that the line bears. */
export type Quality = 'auto' | TierName;

/** Page → worker. */
export type WorkerOrder =
  /** Also to try again where the door was shut. */
  | { readonly order: 'connect'; readonly address: string }
  | { readonly order: 'canvas'; readonly stream: number; readonly view: View; readonly canvas: OffscreenCanvas }
  | { readonly order: 'show'; readonly stream: number; readonly shown: Shown }
  | { readonly order: 'hide'; readonly stream: number }
  | { readonly order: 'freeze'; readonly stream: number; readonly frozen: boolean }
  /** The frozen picture with settings of this screen's own; undefined: as it was frozen. Answered by `reprocessed` or `fault`. */
  | { readonly order: 'reprocess'; readonly stream: number; readonly settings: readonly StageSettings[] | undefined }
  /** Nobody sees the page: nothing is drawn, and nothing asked for. */
  | { readonly order: 'hidden'; readonly hidden: boolean }
  | { readonly order: 'quality'; readonly quality: Quality }
  /** Pictures of several streams wait for each other, or are drawn as they come. */
  | { readonly order: 'in-step'; readonly inStep: boolean }
  /** Where the past of a stream, or what was kept, is shown in its tile. */
  | { readonly order: 'past-canvas'; readonly stream: number; readonly canvas: OffscreenCanvas }
  | { readonly order: 'past'; readonly stream: number; readonly act: PastAct }
  /** Tells what there is to go back to in one stream, or in none. */
  | { readonly order: 'follow-past'; readonly stream: number | undefined }
  /** Answered by `pixels`. */
  | { readonly order: 'take-pixels'; readonly stream: number; readonly request: number }
  | { readonly order: 'send'; readonly message: ViewerMessage };

/** What is on a canvas, pixel by pixel. */
export interface ShownPixels {
  readonly width: number;
  readonly height: number;
  readonly rgba: ArrayBuffer;
  readonly capturedUs: number;
  readonly synthetic: boolean;
  readonly regions: readonly CalibrationRegion[];
}

/** The picture that is on the canvas. */
export interface ShownPicture {
  readonly width: number;
  readonly height: number;
  readonly epoch: number;
  readonly sequence: number;
  /** Server clock, Unix microseconds. */
  readonly capturedUs: number;
  readonly synthetic: boolean;
  /** It was packed with loss on its way here. */
  readonly lossy?: true;
  /** The calibration that this picture was captured under; empty: not calibrated. */
  readonly regions: readonly CalibrationRegion[];
  /** Where the tracked tools were when it was captured; absent: nothing is tracked. */
  readonly poses?: readonly WirePose[];
}

/** What the worker knows of a stream's picture at one moment. */
export interface StreamTruth {
  readonly stream: number;
  readonly state: LiveState;
  /** Now; grows while nothing comes. */
  readonly ageMs: number | undefined;
  /** Over the last half second. */
  readonly meanAgeMs: number | undefined;
  readonly worstAgeMs: number | undefined;
  readonly fps: number | undefined;
  /** What lies on the canvases now; follows the order with the first frame of the view asked for. */
  readonly shown: Shown;
  /** Under the divider: both sides show the same moment. */
  readonly paired: boolean;
  readonly frozen: boolean;
  /** Frozen with the picture as captured at hand, so that it can be processed anew here. */
  readonly reprocessable: boolean;
  /** What is shown was processed here, with other settings than the stream's. */
  readonly reprocessed: boolean;
  readonly picture: ShownPicture | undefined;
  /** Frames that came and were not decoded: they could not be, or a decoder began anew. */
  readonly refused: number;
  /** Frames that came and were not drawn, because a newer one was there. */
  readonly overtaken: number;
  /** Undefined where no other picture is live beside it. */
  readonly skew: Skew | undefined;
  /** The past is looked at in this stream's tile: `picture` is of the past, all else is true of the live picture beside it. */
  readonly past?: PastTruth;
  /** While the past is looked at: the live picture. */
  readonly livePicture?: ShownPicture;
}

export type Link =
  | { readonly state: 'connecting'; readonly attempt: number }
  | { readonly state: 'open' }
  | { readonly state: 'lost'; readonly attempt: number; readonly retryInMs: number; readonly error?: WireError }
  /** Nobody comes in with what this browser has; it is not tried again. `wasIn`: there were pictures on this screen. */
  | { readonly state: 'shut'; readonly error: WireError; readonly wasIn: boolean };

/** Worker → page. */
export type WorkerNews =
  | { readonly news: 'unfit'; readonly error: WireError }
  | { readonly news: 'link'; readonly link: Link }
  | { readonly news: 'message'; readonly message: ServerMessage }
  /** The stages of the frozen picture; undefined: it is shown as it was frozen. */
  | { readonly news: 'reprocessed'; readonly stream: number; readonly stages: readonly StageState[] | undefined }
  /** Undefined: nothing of this stream can be gone back to. */
  | { readonly news: 'timeline'; readonly stream: number; readonly timeline: Timeline | undefined }
  /** Undefined: there is no picture. */
  | { readonly news: 'pixels'; readonly request: number; readonly pixels: ShownPixels | undefined }
  | { readonly news: 'fault'; readonly stream: number; readonly error: WireError }
  /** Ten times a second and at every change that must not wait; also the sign that the worker lives. */
  | {
      readonly news: 'tick';
      /** Unix milliseconds of this machine's clock, from `performance`. */
      readonly atMs: number;
      /** Server clock at that moment, Unix milliseconds. */
      readonly serverMs: number | undefined;
      readonly clockErrorMs: number | undefined;
      readonly truths: readonly StreamTruth[];
    };
