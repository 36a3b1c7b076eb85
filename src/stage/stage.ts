import type { Static, TObject } from 'typebox';
import type { Kernels } from '../../wasm/kernels.ts';
import type { FrameTruth } from '../frame/frame.ts';
import type { FrameFormat } from '../frame/frame-format.ts';

/** What a stage may use: the kernels and the scratch memory that it asked for, both over the frames' own memory. */
export interface StageRoom {
  readonly kernels: Kernels;
  /** The kernels' memory, for tables that a stage fills at open. */
  readonly memory: ArrayBufferLike;
  /** Byte offset of `scratchBytes` bytes, 64-byte aligned, this stage's alone until it is closed. Not zeroed. */
  readonly scratch: number;
}

/** A stage that was opened for a format. */
export interface OpenStage<Options> {
  /** Takes new settings between two frames; what a temporal stage has learnt stays. */
  configure(options: Options): void;
  /** Reads the picture at byte offset `source`, writes the whole picture at `target`; never the same place. Allocates nothing. */
  apply(source: number, target: number, truth: FrameTruth, measured: number): void;
  /** What `apply` has to know of the whole picture at byte offset `source` of `height` lines, as `measured`: the same for every band of its rows. */
  measure?(source: number, height: number): number;
}

/** One step over the pixels, pure on them. */
export interface Stage<Schema extends TObject = TObject> {
  readonly name: string;
  /** A word that clinicians know, e.g. `Persistence`. */
  readonly title: string;
  /** Every option with type, range, default and description. */
  readonly options: Schema;
  /** The format that leaves the stage, or undefined where it has nothing to do (a grey filter on colour): frames then pass unchanged. */
  output(input: FrameFormat, options: Static<Schema>): FrameFormat | undefined;
  /** A grey filter that works on the grey pixels of a colour picture too: the chain hands it their plane. */
  readonly onGreyPlane?: true;
  /**
   * Rows above and below on which a row of the result depends, at most; Infinity where it depends on the whole picture or on
   * where the row lies. What reaches not far can be shared out between cores by bands of rows.
   */
  reach(input: FrameFormat, options: Static<Schema>): number;
  /** With these options the opened stage has a `measure`. */
  measures?(options: Static<Schema>): boolean;
  /** Scratch for the largest setting of the options. */
  scratchBytes(input: FrameFormat): number;
  open(input: FrameFormat, options: Static<Schema>, room: StageRoom): OpenStage<Static<Schema>>;
}

/**
 * A step on the way from what a device delivers to the picture that the other stages and all viewers see; may change its size and
 * its calibration. Changed settings open it afresh: `output`, `scratchBytes` and `open` answer for the settings given.
 */
export interface FormingStage<Schema extends TObject = TObject> extends Pick<Stage<Schema>, 'name' | 'title' | 'options' | 'output'> {
  scratchBytes(input: FrameFormat, options: Static<Schema>): number;
  /** What it answers reads the picture at the first byte offset and writes the whole picture at the second. */
  open(input: FrameFormat, options: Static<Schema>, room: StageRoom): (source: number, target: number) => void;
}
