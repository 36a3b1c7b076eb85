import type { ErrorCode, ErrorFields, ErrorReport } from '../app-error.ts';
import type { SlotPlace } from '../stream/encoder-events.ts';

/** What a recorder's thread is started with. */
export interface RecorderSetup {
  /** Name of the stream, for errors. */
  readonly stream: string;
  /** Of this stream alone; it is there. */
  readonly folder: string;
  readonly minutes: number;
  /** On disk. */
  readonly mostBytes: number;
  /** Left free on the disk for everybody else. */
  readonly reserveBytes: number;
  /** Pictures that wait to be written. */
  readonly memoryBytes: number;
  /** Of disk-turns.ts: whose turn it is to write, and this stream's place in it. */
  readonly turns: { readonly flags: ArrayBufferLike; readonly own: number };
  /** What a thread before this one has written. */
  readonly segments: readonly WrittenSegment[];
}

export interface WrittenSegment {
  readonly number: number;
  readonly bytes: number;
  /** As in frame-index.ts. */
  readonly rows: Uint8Array;
}

export interface ClipOrder {
  readonly order: 'clip';
  readonly clip: number;
  readonly path: string;
  readonly fromUs: number;
  /** One frame, the last of those with that time. */
  readonly still: boolean;
  /** Infinity: until `clip-end`. */
  readonly toUs: number;
  /** A thread before this one has begun it. */
  readonly resumed: boolean;
}

/** Main thread → recorder. A number is a slot that stays held until the answer. */
export type RecorderOrder =
  | number
  /** A frame that no slot could be spared for: header and pixels. */
  | { readonly order: 'copied'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly order: 'memory'; readonly place: SlotPlace }
  /** Comes before the first frame of its epoch. */
  | { readonly order: 'describe'; readonly epoch: number; readonly text: string }
  | ClipOrder
  /** What was sent before this still belongs to it, up to `toUs`. */
  | { readonly order: 'clip-end'; readonly clip: number; readonly toUs: number }
  | { readonly order: 'clip-discard'; readonly clip: number }
  | { readonly order: 'end' };

/** Where a clip has got to. */
export interface ClipProgress {
  readonly frames: number;
  /** Frames captured between its first and its last that are missing. */
  readonly lost: number;
  readonly fromUs: number;
  readonly toUs: number;
  readonly bytes: number;
}

/** Recorder → main thread. */
export type RecorderEvent =
  /** The oldest slot that was sent is not needed any more. */
  | { readonly event: 'taken' }
  /** So much of what was copied is where the rest is. */
  | { readonly event: 'copy-taken'; readonly bytes: number }
  /** On disk as far as others who read it are concerned; `bytes`: of the segment now. */
  | { readonly event: 'written'; readonly segment: number; readonly bytes: number; readonly rows: Uint8Array<ArrayBuffer> }
  | { readonly event: 'removed'; readonly segment: number }
  | { readonly event: 'lost'; readonly loss: RecordLoss; readonly frames: number }
  | { readonly event: 'trouble'; readonly error: ErrorReport }
  | { readonly event: 'well' }
  | { readonly event: 'clip'; readonly clip: number; readonly progress: ClipProgress }
  /** With an error: the clip ends where it happened. */
  | { readonly event: 'clip-written'; readonly clip: number; readonly progress: ClipProgress; readonly error?: ErrorReport }
  | { readonly event: 'clip-failed'; readonly clip: number; readonly code: ErrorCode; readonly fields: ErrorFields };

/** Why frames of the record were lost. */
export type RecordLoss = 'record/no-room' | 'record/disk-slow' | 'record/failed' | 'record/out-of-order' | 'record/restarts';

export const segmentName = (number: number): string => `${String(number).padStart(9, '0')}.frames`;
