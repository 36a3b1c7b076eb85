import { Subject } from 'rxjs';
import { expect, it } from 'vitest';
import { Brightness } from '../../src/calibrate/brightness.ts';
import { frameHeaderBytes } from '../../src/protocol/frame-header.ts';
import type { SharedFrame } from '../../src/stream/shared-frame.ts';
import type { Stream } from '../../src/stream/stream.ts';

const waitMs = 40;

/** Pictures of one brightness, captured when they are shown. */
function watched() {
  const pictures = new Subject<SharedFrame>();
  const brightness = new Brightness({ frames: () => pictures } as unknown as Stream, 0);
  const show = (value: number): void => {
    const header = { pixelFormat: 'GREY', capturedAtUs: performance.now() * 1000 };
    pictures.next({ header, bytes: Buffer.alloc(frameHeaderBytes + 4096, value) } as unknown as SharedFrame);
  };
  return { brightness, show };
}

it('waits for the next picture where none came in the last part of the wait', async () => {
  const { brightness, show } = watched();
  show(10);
  const level = brightness.levelAfter(waitMs);
  setTimeout(() => show(200), waitMs * 1.5);
  expect(await level).toBe(200);
  brightness.close();
});

it('gives up after as long again', async () => {
  const { brightness, show } = watched();
  show(10);
  expect(await brightness.levelAfter(waitMs)).toBeUndefined();
  brightness.close();
});
