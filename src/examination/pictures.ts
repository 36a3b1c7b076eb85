import { isDeepStrictEqual } from 'node:util';
import { Subscription } from 'rxjs';
import { AppError } from '../app-error.ts';
import type { SharedMark } from '../protocol/examination-messages.ts';
import type { StreamDescription } from '../protocol/messages.ts';
import type { Stream } from '../stream/stream.ts';

export type Picture = SharedMark['picture'];

/** Descriptions that a stream's frames may still go back to; each change of a setting makes one. */
const keptEpochs = 256;

/** What the pictures of all streams are and lately were: sizes and calibrations are the server's to know. */
export class Pictures {
  readonly #streams: readonly Stream[];
  readonly #byEpoch: readonly Map<number, Picture>[];
  readonly #subscriptions = new Subscription();

  constructor(streams: readonly Stream[]) {
    this.#streams = streams;
    this.#byEpoch = streams.map(() => new Map());
    for (const stream of streams) {
      this.#note(stream);
      this.#subscriptions.add(stream.news$.subscribe(({ news }) => news === 'described' && this.#note(stream)));
    }
  }

  /** Throws `protocol/unknown-stream`. */
  describe(stream: number): StreamDescription {
    const known = this.#streams[stream];
    if (known === undefined) throw new AppError('protocol/unknown-stream', { stream });
    return known.describe();
  }

  /** Throws `examination/no-picture` where there is none yet. */
  now(stream: number): Picture {
    return this.at(stream, this.describe(stream).epoch);
  }

  /** Throws `examination/no-picture`. */
  at(stream: number, epoch: number): Picture {
    const picture = this.#byEpoch[stream]?.get(epoch);
    if (picture === undefined) throw new AppError('examination/no-picture', { stream, epoch });
    return picture;
  }

  close(): void {
    this.#subscriptions.unsubscribe();
  }

  #note(stream: Stream): void {
    const { epoch, formats, regions } = stream.describe();
    const known = this.#byEpoch[stream.id];
    if (formats === undefined || known === undefined) return;
    const { width, height } = formats.processed;
    const picture = { width, height, regions: structuredClone(regions) };
    // Epochs begin again at nought some day: the newest stands last.
    known.delete(epoch);
    known.set(epoch, picture);
    const [oldest] = known.keys();
    if (known.size > keptEpochs && oldest !== undefined) known.delete(oldest);
  }
}

/** A length that was calibrated on one of them holds on the other. */
export function isSamePicture(a: Picture, b: Picture): boolean {
  return a.width === b.width && a.height === b.height && isDeepStrictEqual(a.regions, b.regions);
}

/** The same picture with another calibration by hand, or none. */
export function calibratedBy({ manual: _, ...picture }: Picture, manual: Picture['manual'] | undefined): Picture {
  return { ...picture, ...(manual !== undefined && { manual }) };
}
