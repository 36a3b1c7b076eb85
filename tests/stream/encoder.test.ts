import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { codecFacts, pictureBytes } from '../../src/codec/codec.ts';
import { openCodecs } from '../../src/codec/node-codecs.ts';
import { encoderOf } from '../../src/stream/encoder.ts';

/** Of a clock that stands still nothing is measured. */
beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

const picture = { width: 64, height: 48, pixelFormat: 'GREY' as const };
const pixels = new Uint8Array(pictureBytes(picture));

it('`exact` begins with the codec that there is time for by what it declares, and tries the smaller one again', async () => {
  const codecs = await openCodecs();
  const needMs = (codecFacts['jpeg-ls'].nsPerByte * pixels.length) / 1e6;
  const patient = encoderOf('exact', codecs);
  expect(patient.encode(picture, pixels, needMs * 2.1).codec.name).toBe('jpeg-ls');

  const pressed = encoderOf('exact', codecs);
  const names = Array.from({ length: 303 }, () => pressed.encode(picture, pixels, needMs * 1.9).codec.name);
  expect(new Set(names.slice(0, 300))).toEqual(new Set(['delta-zstd']));
  // On this clock it takes no time at all.
  expect(names.slice(300)).toEqual(['jpeg-ls', 'jpeg-ls', 'jpeg-ls']);
});

it('`exact` leaves the smaller codec where it turns out to take too long here', async () => {
  const codecs = await openCodecs();
  const slow = {
    ...codecs['jpeg-ls'],
    encode: (...asked: Parameters<(typeof codecs)['jpeg-ls']['encode']>) => {
      vi.advanceTimersByTime(20);
      return codecs['jpeg-ls'].encode(...asked);
    },
  };
  const encoder = encoderOf('exact', { ...codecs, 'jpeg-ls': slow });
  const names = Array.from({ length: 304 }, () => encoder.encode(picture, pixels, 33).codec.name);
  expect(names[0]).toBe('jpeg-ls');
  expect(new Set(names.slice(1, 301))).toEqual(new Set(['delta-zstd']));
  expect(names.slice(301)).toEqual(['jpeg-ls', 'delta-zstd', 'delta-zstd']);
});
