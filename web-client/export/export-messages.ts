import type { Belonging } from '../../src/marks/belonging.ts';
import type { WireError } from '../worker-messages.ts';
import type { ExportedMark, TruthLine } from './composed-picture.ts';

/** A mark and the frames that it lies on. */
export type PlacedMark = ExportedMark & Belonging;

/** Frames that the server has: of a still or a clip, or of the last minutes of a stream. */
export interface PastFrames {
  /** Address of the server, with a slash at its end. */
  readonly base: string;
  readonly stream: number | undefined;
  readonly kept: string | undefined;
  /** Whose patient is to stand on them: frames of another examination are refused. */
  readonly examination: string | undefined;
  readonly fromUs: number;
  readonly toUs: number;
}

export const containers = ['mp4', 'webm'] as const;
export type Container = (typeof containers)[number];

/** What an export worker is given; one worker makes one file. */
export type ExportOrder =
  /** Pixels as they are on the screen. */
  | {
      readonly order: 'shown-picture';
      readonly width: number;
      readonly height: number;
      readonly rgba: ArrayBuffer;
      readonly capturedUs: number;
      readonly marks: readonly ExportedMark[];
      readonly truth: TruthLine;
    }
  /** The frame at `fromUs`. */
  | { readonly order: 'past-picture'; readonly past: PastFrames; readonly marks: readonly PlacedMark[]; readonly truth: TruthLine }
  | {
      readonly order: 'clip';
      readonly past: PastFrames;
      readonly marks: readonly PlacedMark[];
      readonly truth: TruthLine;
      readonly container: Container;
      readonly file: FileSystemFileHandle;
    };

export type ExportNews =
  | { readonly news: 'progress'; readonly done: number; readonly of: number }
  | { readonly news: 'picture'; readonly png: Blob; readonly capturedUs: number }
  | { readonly news: 'clip'; readonly frames: number; readonly codec: string }
  | { readonly news: 'failed'; readonly error: WireError };
