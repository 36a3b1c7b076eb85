import { Subject, Subscription } from 'rxjs';
import { AppError } from '../app-error.ts';
import { isSamePicture } from '../marks/belonging.ts';
import type { SharedMark } from '../protocol/examination-messages.ts';
import type { StreamDescription } from '../protocol/messages.ts';
import type { Stream } from '../stream/stream.ts';

export type Picture = SharedMark['picture'];

/** Descriptions that a stream's frames may still go back to; each change of a setting makes one. */
const keptEpochs = 256;

/** A frame may have been captured so long before what describes it arrived. */
const earlyUs = 10e6;

export interface PictureChange {
  readonly stream: number;
  readonly before: Picture | undefined;
  readonly now: Picture;
}

/** What the pictures of all streams are and lately were: sizes and calibrations are the server's to know. */
export class Pictures {
  readonly #streams: readonly Stream[];
  readonly #byEpoch: readonly Map<number, Picture>[];
  readonly #subscriptions = new Subscription();
  readonly #sinceUs: number;
  /** A stream shows pictures of another size or calibration. */
  readonly changed$ = new Subject<PictureChange>();

  constructor(streams: readonly Stream[], nowUs: number) {
    this.#streams = streams;
    this.#sinceUs = nowUs - earlyUs;
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

  /** Undefined where there is none yet. */
  now(stream: number): Picture | undefined {
    return this.#byEpoch[stream]?.get(this.describe(stream).epoch);
  }

  /** Throws `examination/no-picture`. */
  needNow(stream: number): Picture {
    const picture = this.now(stream);
    if (picture === undefined) throw new AppError('examination/no-picture', { stream, epoch: this.describe(stream).epoch });
    return picture;
  }

  /** Epochs are those of one start of the server: the same number meant another picture before. Throws `examination/no-picture`. */
  at(stream: number, epoch: number, capturedUs: number): Picture {
    const picture = capturedUs < this.#sinceUs ? undefined : this.#byEpoch[stream]?.get(epoch);
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
    const before = [...known.values()].at(-1);
    // Epochs begin again at nought some day: the newest stands last.
    known.delete(epoch);
    known.set(epoch, picture);
    const [oldest] = known.keys();
    if (known.size > keptEpochs && oldest !== undefined) known.delete(oldest);
    if (before === undefined || !isSamePicture(before, picture)) this.changed$.next({ stream: stream.id, before, now: picture });
  }
}

/** The same picture with another calibration by hand, or none. */
export function calibratedBy({ manual: _, ...picture }: Picture, manual: Picture['manual'] | undefined): Picture {
  return { ...picture, ...(manual !== undefined && { manual }) };
}
