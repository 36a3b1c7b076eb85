import { join } from 'node:path';
import { fileHeadBytes } from './frame-file.ts';
import { FrameIndex } from './frame-index.ts';
import { segmentName, type WrittenSegment } from './recorder-orders.ts';

/** A file of the rolling store: a few seconds of one stream. */
export class Segment {
  readonly number: number;
  readonly path: string;
  /** Frames that are written. */
  readonly index: FrameIndex;
  /** Time of its first frame. */
  readonly beganUs: number;
  /** Descriptions in it, by epoch. */
  readonly described = new Set<number>();
  /** On disk. */
  bytes: number;
  /** The same, with what is still to be written. */
  plannedBytes: number;
  failed = false;

  constructor(folder: string, number: number, beganUs: number, written?: WrittenSegment) {
    this.number = number;
    this.path = join(folder, segmentName(number));
    this.beganUs = beganUs;
    this.index = new FrameIndex(written?.rows);
    this.bytes = written?.bytes ?? fileHeadBytes;
    this.plannedBytes = this.bytes;
  }
}
