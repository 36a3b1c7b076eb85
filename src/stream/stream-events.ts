import type { SourceFacts } from '../../device-drivers/driver.ts';
import type { ErrorReport } from '../app-error.ts';
import type { StreamSettings } from '../config/room.ts';
import type { ClockAnchor } from '../device/clock.ts';
import type { FrameFormat } from '../frame/frame-format.ts';
import type { SlotLayout } from '../frame/frame-pool.ts';
import type { Pose } from '../frame/pose.ts';
import type { StageState } from '../protocol/messages.ts';

/** What a stream's worker is started with. */
export interface WorkerSetup {
  readonly id: number;
  readonly settings: StreamSettings;
  readonly limits: { readonly memoryMiB: number; readonly slots: number };
  readonly clock: ClockAnchor;
  /** A worker that replaces another goes on where that one ended. */
  readonly firstSequence: number;
  readonly firstEpoch: number;
  readonly running: boolean;
}

/** Main thread → worker. */
export type StreamOrder =
  | {
      readonly order: 'set-stage';
      readonly request: number;
      readonly stage: string;
      readonly enabled?: boolean;
      readonly options?: Readonly<Record<string, unknown>>;
    }
  | { readonly order: 'set-preset'; readonly request: number; readonly preset: string }
  | { readonly order: 'run'; readonly running: boolean }
  | { readonly order: 'demand'; readonly raw: boolean }
  | { readonly order: 'end' };

export type WorkerStatus =
  | { readonly state: 'opening'; readonly attempts: number }
  | { readonly state: 'streaming' }
  | { readonly state: 'held'; readonly reason: string }
  | { readonly state: 'faulted'; readonly attempts: number; readonly error: ErrorReport; readonly retryInMs: number }
  | { readonly state: 'lost'; readonly attempts: number; readonly error: ErrorReport; readonly waitsFor: string }
  | { readonly state: 'stopped' };

/** Worker → main thread. A frame is its slot's number alone: everything else about it stands in the slot. */
export type StreamEvent =
  | number
  | { readonly event: 'described'; readonly described: Described }
  | { readonly event: 'status'; readonly status: WorkerStatus }
  /** Comes before the frame whose they are. */
  | { readonly event: 'poses'; readonly sequence: number; readonly poses: readonly Pose[] }
  | { readonly event: 'counts'; readonly counts: Counts }
  | { readonly event: 'stage-set'; readonly request: number; readonly epoch: number }
  | { readonly event: 'refused'; readonly request: number; readonly error: ErrorReport }
  | { readonly event: 'warning'; readonly text: string };

/** What frames are from `epoch` on, and where they lie. */
export interface Described {
  readonly epoch: number;
  readonly facts: SourceFacts;
  readonly raw: FrameFormat;
  readonly processed: FrameFormat;
  readonly stages: readonly StageState[];
  readonly buffer: ArrayBufferLike;
  readonly layout: SlotLayout;
}

export interface Counts {
  readonly captured: number;
  readonly sequence: number;
  readonly fps: number;
  readonly processingMs: number;
  /** Cores that work on a picture. */
  readonly cores: number;
  readonly lost: Readonly<Record<string, number>>;
  /** Worst of the last second, where the device has a clock of its own. */
  readonly clockResidualMs?: number;
  readonly clockDriftPpm?: number;
}
