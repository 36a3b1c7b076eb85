import { NEVER } from 'rxjs';
import { AppError } from '../app-error.ts';
import { picturesIn, rPeaksIn } from '../past/rolling-store.ts';
import type { PastPictures } from './record.ts';

/** For a room that does not record: nothing new can be kept but marks. */
export const noPast: PastPictures = {
  automatic$: NEVER,
  newestUs: () => undefined,
  keepStill: (stream) => Promise.reject(new AppError('record/off', { stream })),
  startClip(stream) {
    throw new AppError('record/off', { stream });
  },
  rPeaksUs: () => [],
  rPeaksIn,
  picturesIn,
};
