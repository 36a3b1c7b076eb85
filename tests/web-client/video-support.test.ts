import { afterEach, describe, expect, it, vi } from 'vitest';
import { decodesVideo } from '../../web-client/video-support.ts';

describe('decodesVideo', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });
  const browserAnswers = (answer: Promise<{ supported?: boolean }>): void => {
    vi.stubGlobal('VideoDecoder', { isConfigSupported: () => answer });
  };

  it('is what the browser says', async () => {
    expect(await decodesVideo()).toBe(false);
    browserAnswers(Promise.resolve({ supported: true }));
    expect(await decodesVideo()).toBe(true);
    browserAnswers(Promise.resolve({ supported: false }));
    expect(await decodesVideo()).toBe(false);
  });

  it('is no where the browser fails over the question', async () => {
    browserAnswers(Promise.reject(new Error('planted')));
    expect(await decodesVideo()).toBe(false);
  });

  it('is no where the browser never answers', async () => {
    vi.useFakeTimers();
    browserAnswers(new Promise(() => undefined));
    const decodes = decodesVideo();
    await vi.advanceTimersByTimeAsync(2000);
    expect(await decodes).toBe(false);
  });
});
