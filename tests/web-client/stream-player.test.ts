import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../src/app-error.ts';
import { raw } from '../../src/codec/raw.ts';
import type { CalibrationRegion } from '../../src/frame/calibration.ts';
import { pictureFormatOf } from '../../src/frame/frame-format.ts';
import { type FrameHeader, frameFlags, type View } from '../../src/protocol/frame-header.ts';
import type { StreamDescription, ViewerMessage } from '../../src/protocol/messages.ts';
import { ServerClock } from '../../src/protocol/server-clock.ts';
import { compileKernels } from '../../wasm/load-kernels.ts';
import { InStep } from '../../web-client/in-step.ts';
import { StreamPlayer } from '../../web-client/stream-player.ts';

const region: CalibrationRegion = { kind: 'tissue', x0: 0, y0: 0, x1: 3, y1: 1, unitX: 'cm', unitY: 'cm', deltaX: 0.1, deltaY: 0.1 };
const description: StreamDescription = {
  id: 0,
  name: 'Echo',
  modality: 'ultrasound',
  source: '',
  synthetic: true,
  warnings: [],
  epoch: 1,
  regions: [region],
  notLiveMs: 400,
  stages: [],
  presets: [],
  status: { state: 'streaming', sinceUs: 0, attempts: 0 },
};
const pixels = Uint8Array.of(0, 20, 40, 60, 80, 100, 120, 140);
const kernelsOn = await compileKernels();
const startUs = 1_000_000;

/** A player on a clock that the test moves; the canvas is the browser's, so a name stands in for it. */
class Scene {
  nowUs = startUs;
  readonly sent: ViewerMessage[] = [];
  readonly painted: string[] = [];
  readonly faults: string[] = [];
  /** Of the picture that was painted last. */
  pixels = new Uint8Array(0);
  broken = false;
  readonly inStep = new InStep();
  readonly clock = new ServerClock();
  readonly player: StreamPlayer;

  constructor() {
    const { clock } = this;
    clock.begin(0, 0);
    clock.sample(0, 0, 0);
    this.player = new StreamPlayer(0, {
      clock,
      inStep: this.inStep,
      codecs: () => ({ raw }),
      decodes: () => ['raw'],
      first: () => undefined,
      quality: () => 'auto',
      paint: (canvas, format, codec, payload) => {
        if (this.broken) throw new AppError('protocol/bad-header', { reason: 'planted' });
        this.painted.push(`${String(canvas)} ${format.width}x${format.height}`);
        this.pixels = codec.decode({ width: format.width, height: format.height, pixelFormat: pictureFormatOf(format) }, payload).slice();
      },
      pixelsOf: () => undefined,
      kernelsOn,
      ownUs: () => this.nowUs,
      send: (message) => this.sent.push(message),
      hurry: () => undefined,
      report: (_stream, error) => this.faults.push(error.code),
    });
    this.player.welcome(description);
    this.player.setCanvas('processed', 'processed' as unknown as OffscreenCanvas);
    this.player.setCanvas('raw', 'raw' as unknown as OffscreenCanvas);
    this.player.show('processed');
  }

  /** A frame captured just now comes 20 ms later. */
  frame(view: View, sequence: number, rest: Partial<FrameHeader> = {}): void {
    const capturedAtUs = this.nowUs;
    this.nowUs += 20_000;
    this.player.receive(
      {
        codec: 0,
        flags: frameFlags.synthetic,
        pixelFormat: 'GREY',
        view,
        stream: 0,
        sequence,
        capturedAtUs,
        processingUs: 0,
        width: 4,
        height: 2,
        keySequence: sequence,
        payloadBytes: pixels.length,
        crc32: 0,
        epoch: 1,
        ...rest,
      },
      pixels,
      this.nowUs,
    );
  }

  get truth() {
    return this.player.truth(true);
  }

  get acknowledged() {
    return this.sent.filter((message) => message.type === 'ack');
  }
}

it('knows where the tools were in the picture that is drawn, frozen or not', () => {
  const scene = new Scene();
  const pose = (x: number) => ({
    tool: 'Probe',
    matrix: [1, 0, 0, x, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
    ageMs: 4,
    source: 'measured' as const,
  });
  const shown = () => scene.player.truth(true).picture?.poses;
  scene.player.setPoses(1, [pose(1)]);
  scene.frame('processed', 1);
  expect(shown()).toEqual([pose(1)]);
  scene.frame('processed', 2);
  expect(shown()).toBeUndefined();
  scene.player.setPoses(3, [pose(3)]);
  scene.frame('processed', 3);
  scene.player.freeze(true);
  scene.player.setPoses(4, [pose(4)]);
  scene.frame('processed', 4);
  expect(shown()).toEqual([pose(3)]);
});

describe('StreamPlayer', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
  });

  it('calls nothing live before the first ping was answered, and not live where none is', () => {
    scene.clock.begin(0, 0);
    scene.frame('processed', 1);
    expect(scene.truth.state).toBe('waiting');
    scene.nowUs += 300_000;
    scene.clock.sample(0, 100_000, 200_000);
    expect(scene.truth).toMatchObject({ state: 'not-live', ageMs: 320 });
    scene.frame('processed', 2);
    expect(scene.truth.state).toBe('live');
    scene.clock.begin(0, 0);
    expect(scene.truth.state).toBe('waiting');
    scene.nowUs += 990_000;
    scene.frame('processed', 3);
    expect(scene.truth.state).toBe('not-live');
  });

  it('draws what comes, acknowledges it with the time of drawing and calls it live', () => {
    expect(scene.truth.state).toBe('waiting');
    scene.frame('processed', 7);
    expect(scene.painted).toEqual(['processed 4x2']);
    expect(scene.acknowledged).toEqual([
      { type: 'ack', stream: 0, view: 'processed', sequence: 7, receivedUs: scene.nowUs, drawnUs: startUs + 20_000 },
    ]);
    expect(scene.truth).toMatchObject({ state: 'live', ageMs: 20, picture: { sequence: 7, synthetic: true, regions: [region] } });
  });

  it('says of each picture whether it was packed with loss', () => {
    scene.frame('processed', 1);
    expect(scene.truth.picture?.lossy).toBe(true);
    scene.frame('processed', 2, { flags: frameFlags.lossless });
    expect(scene.truth.picture?.lossy).toBeUndefined();
  });

  it('measures a picture by the calibration of its own epoch, and one of an unknown epoch not at all', () => {
    const deeper = { ...region, deltaY: 0.2 };
    scene.player.describe({ ...description, epoch: 2, regions: [deeper] });
    scene.frame('processed', 1);
    expect(scene.truth.picture?.regions).toEqual([region]);
    scene.frame('processed', 2, { epoch: 2 });
    expect(scene.truth.picture?.regions).toEqual([deeper]);
    scene.frame('processed', 3, { epoch: 9 });
    expect(scene.truth.picture?.regions).toEqual([]);
    scene.player.welcome({ ...description, epoch: 5, regions: [deeper] });
    scene.frame('processed', 4, { epoch: 1 });
    expect(scene.truth.picture?.regions).toEqual([]);
  });

  it('turns not live by the clock alone and live again by a new frame alone', () => {
    scene.frame('processed', 1);
    scene.nowUs += 500_000;
    expect(scene.truth.state).toBe('not-live');
    scene.nowUs -= 400_000;
    expect(scene.truth.state).toBe('not-live');
    scene.frame('processed', 2);
    expect(scene.truth.state).toBe('live');
  });

  it('keeps a frozen picture, takes no more frames than it acknowledges, and judges what is not shown', () => {
    scene.frame('processed', 1);
    scene.player.freeze(true);
    scene.frame('processed', 2);
    expect(scene.painted).toHaveLength(1);
    expect(scene.acknowledged.at(-1)).toEqual({ type: 'ack', stream: 0, view: 'processed', sequence: 2, receivedUs: scene.nowUs });
    expect(scene.truth).toMatchObject({ frozen: true, state: 'live', ageMs: 20, picture: { sequence: 1 } });
    scene.nowUs += 500_000;
    expect(scene.truth).toMatchObject({ frozen: true, state: 'not-live', picture: { sequence: 1 } });
    scene.player.freeze(false);
    expect(scene.painted).toHaveLength(2);
    expect(scene.truth).toMatchObject({ frozen: false, picture: { sequence: 2 } });
  });

  it('stands still at the next frame that comes in both views, and asks for one view again', () => {
    scene.frame('processed', 1);
    scene.player.freeze(true);
    expect(scene.sent.at(-1)).toMatchObject({ type: 'watch', views: ['processed', 'raw'] });
    scene.frame('processed', 2);
    expect(scene.truth).toMatchObject({ reprocessable: false, picture: { sequence: 1 } });
    scene.frame('raw', 3);
    scene.frame('processed', 3);
    expect(scene.truth).toMatchObject({ reprocessable: true, frozen: true, picture: { sequence: 3 } });
    expect(scene.sent.at(-1)).toMatchObject({ type: 'watch', views: ['processed'] });
    scene.frame('processed', 4);
    expect(scene.truth.picture?.sequence).toBe(3);
  });

  it('stays at the frozen picture where its captured half does not come', () => {
    scene.frame('processed', 1);
    scene.player.freeze(true);
    scene.nowUs += 1_100_000;
    expect(scene.truth).toMatchObject({ reprocessable: false, picture: { sequence: 1 } });
    expect(scene.sent.at(-1)).toMatchObject({ type: 'watch', views: ['processed'] });
    expect(scene.player.reprocess([])).toBeUndefined();
    expect(scene.truth.reprocessed).toBe(false);
  });

  it('processes the frozen picture anew, as often as one likes, and gives it back as it was', () => {
    scene.frame('processed', 1);
    scene.player.freeze(true);
    scene.frame('raw', 2);
    scene.frame('processed', 2);
    const brighter = (brightness: number) => [{ stage: 'window', enabled: true, options: { brightness } }];
    const stages = scene.player.reprocess(brighter(10));
    expect(stages?.find(({ stage }) => stage === 'window')).toMatchObject({ applied: true, options: { brightness: 10 } });
    expect(scene.truth).toMatchObject({ reprocessed: true, frozen: true });
    const once = [...scene.pixels];
    expect(once[3]).toBe(86);
    scene.player.reprocess(brighter(20));
    scene.player.reprocess(brighter(10));
    expect([...scene.pixels]).toEqual(once);
    scene.player.reprocess(undefined);
    expect([...scene.pixels]).toEqual([...pixels]);
    expect(scene.truth.reprocessed).toBe(false);
    const averaged = [...brighter(10), { stage: 'persistence', enabled: true, options: { strength: 0.9, threshold: 60 } }];
    scene.player.reprocess([{ stage: 'persistence', enabled: true, options: { strength: 0.9, threshold: 60 } }, ...brighter(40)]);
    scene.player.reprocess(averaged);
    expect([...scene.pixels]).toEqual(once);
    expect(() => scene.player.reprocess([{ stage: 'no-such', enabled: true, options: {} }])).toThrow(AppError);
    expect([...scene.pixels]).toEqual([...pixels]);
    expect(scene.truth.reprocessed).toBe(false);
    scene.player.freeze(false);
    expect(scene.truth.reprocessed).toBe(false);
  });

  it('keeps a frozen picture while its tile is hidden, and forgets any other', () => {
    scene.frame('processed', 1);
    scene.player.hide();
    expect(scene.truth.picture).toBeUndefined();
    scene.player.show('processed');
    scene.frame('processed', 2);
    scene.player.freeze(true);
    scene.player.hide();
    expect(scene.truth.picture?.sequence).toBe(2);
  });

  it('asks for nothing while nobody sees the page', () => {
    scene.frame('processed', 1);
    scene.player.setHidden(true);
    expect(scene.sent.at(-1)).toEqual({ type: 'unwatch', stream: 0 });
    const asked = scene.sent.length;
    scene.player.watch();
    scene.player.setHidden(true);
    expect(scene.sent).toHaveLength(asked);
    scene.player.setHidden(false);
    expect(scene.sent.at(-1)).toMatchObject({ type: 'watch', views: ['processed'] });
    expect(scene.truth.picture?.sequence).toBe(1);
  });

  it('shows the unprocessed picture only once one has come, and never an old one', () => {
    scene.frame('processed', 1);
    scene.player.show('raw');
    expect(scene.sent.at(-1)).toEqual({ type: 'watch', stream: 0, views: ['processed', 'raw'], tier: 'auto', codecs: ['raw'] });
    expect(scene.truth.shown).toBe('processed');
    scene.frame('raw', 2);
    expect(scene.truth).toMatchObject({ shown: 'raw', picture: { sequence: 2 } });
    scene.player.show('processed');
    scene.player.show('raw');
    expect(scene.truth.shown).toBe('processed');
  });

  it('has the newest processed picture at hand when the key is let go', () => {
    scene.player.show('raw');
    scene.frame('raw', 1);
    scene.frame('processed', 1);
    expect(scene.painted).toEqual(['raw 4x2']);
    scene.player.show('processed');
    expect(scene.painted).toEqual(['raw 4x2', 'processed 4x2']);
    expect(scene.truth).toMatchObject({ shown: 'processed', picture: { sequence: 1 } });
  });

  it('does not show an unprocessed picture of before a freeze after it', () => {
    scene.player.show('both');
    scene.frame('processed', 1);
    scene.frame('raw', 1);
    scene.player.freeze(true);
    scene.player.show('processed');
    expect(scene.truth).toMatchObject({ shown: 'processed', frozen: true });
    scene.player.freeze(false);
    scene.player.show('raw');
    expect(scene.truth.shown).toBe('processed');
  });

  it('draws the two sides of the divider together, by the age of the older', () => {
    scene.player.show('both');
    scene.frame('processed', 1);
    expect(scene.painted).toEqual([]);
    scene.frame('raw', 1, { capturedAtUs: startUs });
    expect(scene.painted).toEqual(['raw 4x2', 'processed 4x2']);
    expect(scene.truth).toMatchObject({ shown: 'both', paired: true, ageMs: 40 });
  });

  it('counts and reports a frame that it cannot decode, and acknowledges it as not drawn', () => {
    scene.broken = true;
    scene.frame('processed', 1);
    expect(scene.truth).toMatchObject({ state: 'waiting', refused: 1 });
    expect(scene.faults).toEqual(['protocol/bad-header']);
    expect(scene.acknowledged).toEqual([{ type: 'ack', stream: 0, view: 'processed', sequence: 1, receivedUs: scene.nowUs }]);
    scene.broken = false;
    scene.frame('processed', 2, { codec: 250 });
    expect(scene.faults.at(-1)).toBe('codec/unknown');
  });

  it('does not count a frame again that a new watch sends again', () => {
    scene.frame('processed', 1);
    const capturedAtUs = startUs;
    scene.frame('processed', 1, { capturedAtUs });
    expect(scene.truth.fps).toBeUndefined();
    scene.frame('processed', 2);
    expect(scene.truth.fps).toBeDefined();
  });

  it('acknowledges what it did not ask for, so that nothing waits for it', () => {
    scene.frame('raw', 3);
    expect(scene.acknowledged).toHaveLength(1);
    expect(scene.truth.picture).toBeUndefined();
  });

  it('shows nothing of the stream that had its number before, frozen or not', () => {
    scene.frame('processed', 1);
    scene.player.freeze(true);
    scene.player.welcome({ ...description, name: 'Fluoroscopy' });
    expect(scene.truth).toMatchObject({ state: 'waiting', frozen: false, picture: undefined });
    scene.frame('processed', 1);
    expect(scene.truth.state).toBe('live');
  });

  describe('beside another stream that comes 50 ms later', () => {
    beforeEach(() => {
      vi.useFakeTimers();
      for (const agoUs of [300_000, 200_000, 100_000]) scene.inStep.arrived(9, scene.nowUs - agoUs - 70_000, scene.nowUs - agoUs);
    });
    afterEach(() => {
      vi.useRealTimers();
    });
    const pass = (ms: number): void => {
      scene.nowUs += ms * 1000;
      vi.advanceTimersByTime(ms);
    };

    const come = (sequence: number): void => {
      vi.advanceTimersByTime(20);
      scene.frame('processed', sequence);
    };

    it('a frame waits until the other is due, and is acknowledged meanwhile with the time at which it will be drawn', () => {
      come(1);
      expect(scene.painted).toEqual([]);
      expect(scene.acknowledged).toMatchObject([{ sequence: 1, drawnUs: startUs + 70_000 }]);
      pass(49);
      expect(scene.painted).toEqual([]);
      pass(2);
      expect(scene.painted).toHaveLength(1);
      expect(scene.truth).toMatchObject({ state: 'live', picture: { sequence: 1 } });
      expect(scene.acknowledged).toHaveLength(1);
    });

    it('frames keep their order, and what waits is dropped when the picture is frozen', () => {
      come(1);
      come(2);
      pass(32);
      expect(scene.truth.picture?.sequence).toBe(1);
      scene.player.freeze(true);
      pass(200);
      expect(scene.truth.picture?.sequence).toBe(1);
    });

    it('nothing waits where pictures are to be drawn as they come', () => {
      scene.inStep.enabled = false;
      come(1);
      expect(scene.painted).toHaveLength(1);
    });
  });
});
