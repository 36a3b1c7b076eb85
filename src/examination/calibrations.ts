import { isDeepStrictEqual } from 'node:util';
import { isSamePicture } from '../marks/belonging.ts';
import type { Author } from '../protocol/examination-messages.ts';
import type { ServerMessage } from '../protocol/messages.ts';
import { type Audience, sees, tell } from './audience.ts';
import type { Member } from './member.ts';
import { calibratedBy, type Picture, type PictureChange, type Pictures } from './pictures.ts';
import type { StreamCalibration } from './record.ts';

/** Lengths that somebody knew, by stream. Each holds on pictures of the size and regions that it was drawn on, and on no others. */
export class Calibrations {
  readonly #pictures: Pictures;
  readonly #audience: Audience;
  readonly #byStream = new Map<number, StreamCalibration>();

  constructor(pictures: Pictures, audience: Audience) {
    this.#pictures = pictures;
    this.#audience = audience;
  }

  /** Those of another examination. */
  take(calibrations: readonly StreamCalibration[]): void {
    for (const { stream, by } of this.#byStream.values()) this.#audience.tellOf(stream, { type: 'calibrated', stream, by });
    this.#byStream.clear();
    for (const calibration of calibrations) this.set(calibration);
  }

  set(calibration: StreamCalibration): void {
    this.#byStream.set(calibration.stream, calibration);
  }

  /** A picture of a stream with what holds on it. */
  applied(stream: number | undefined, picture: Picture): Picture {
    const known = stream === undefined ? undefined : this.#byStream.get(stream);
    return calibratedBy(picture, known !== undefined && isSamePicture(known.picture, picture) ? known.picture.manual : undefined);
  }

  /** It holds where the stream still shows the picture that it was drawn on. */
  told({ stream, by }: StreamCalibration): Extract<ServerMessage, { type: 'calibrated' }> {
    const now = this.#pictures.now(stream);
    return calibrated(stream, now && this.applied(stream, now).manual, by);
  }

  tellTo(member: Member): void {
    for (const message of this.#inForce()) if (sees(member, message.stream)) tell(member, message);
  }

  tellAll(): void {
    for (const message of this.#inForce()) this.#audience.tellOf(message.stream, message);
  }

  /** The depth was changed, e.g., or is again what it was. */
  pictureChanged({ stream, before, now }: PictureChange): void {
    const known = this.#byStream.get(stream);
    if (known === undefined) return;
    const { manual } = this.applied(stream, now);
    if (before === undefined || !isDeepStrictEqual(this.applied(stream, before).manual, manual))
      this.#audience.tellOf(stream, calibrated(stream, manual, known.by));
  }

  *#inForce(): Generator<Extract<ServerMessage, { type: 'calibrated' }>> {
    for (const { stream, by } of this.#byStream.values()) {
      const now = this.#pictures.now(stream);
      const manual = now && this.applied(stream, now).manual;
      if (manual !== undefined) yield calibrated(stream, manual, by);
    }
  }
}

const calibrated = (stream: number, manual: Picture['manual'], by: Author) =>
  ({ type: 'calibrated', stream, ...(manual !== undefined && { calibration: manual }), by }) as const;
