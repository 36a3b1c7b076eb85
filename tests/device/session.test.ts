import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/app-error.ts';
import { backOffMs, runSession, type SessionStatus } from '../../src/device/session.ts';

function session(
  run: (attempt: number, signal: AbortSignal) => Promise<void>,
  delivered = (): boolean => false,
  hurried = (_hurry: () => void): void => undefined,
) {
  const stop = new AbortController();
  const reports: SessionStatus[] = [];
  let attempts = 0;
  const ended = runSession(
    { driver: 'test', run: (signal) => run(attempts++, signal), delivered, report: (status) => reports.push(status), hurried },
    stop.signal,
  );
  return { stop, reports, ended };
}

describe('session', () => {
  it('starts a broken driver again and tells the error and the wait', async () => {
    const { reports, ended, stop } = session(async (attempt, signal) => {
      if (attempt < 1) throw new AppError('device/planted-fault', { kind: 'test' });
      stop.abort();
      signal.throwIfAborted();
    });
    await ended;
    expect(reports.map(({ state }) => state)).toEqual(['opening', 'faulted', 'opening']);
    expect(reports[1]).toMatchObject({ error: { code: 'device/planted-fault' }, retryInMs: 250, attempts: 1 });
  });

  it('tries again at once when it is told to', async () => {
    // Eight waits would take 23 seconds.
    const { reports, ended, stop } = session(
      async (attempt) => {
        if (attempt === 8) stop.abort();
        throw new AppError('device/planted-fault', { kind: 'test' });
      },
      undefined,
      (hurry) => hurry(),
    );
    await ended;
    expect(reports.filter(({ state }) => state === 'faulted')).toHaveLength(8);
  });

  const unplugged = (): AppError => new AppError('device/gone', { device: 'Test probe' });

  it('says once which device it waits for, and looks for it in silence until it is back', async () => {
    const { reports, ended, stop } = session(
      async (attempt, signal) => {
        if (attempt < 3) throw unplugged();
        if (attempt < 4) throw new AppError('device/planted-fault', { kind: 'test' });
        stop.abort();
        signal.throwIfAborted();
      },
      undefined,
      (hurry) => hurry(),
    );
    await ended;
    expect(reports.map(({ state }) => state)).toEqual(['opening', 'lost', 'faulted', 'opening']);
    expect(reports[1]).toMatchObject({ waitsFor: 'Test probe', error: { code: 'device/gone' } });
  });

  it('says it again where the device was there in between', async () => {
    const { reports, ended, stop } = session(
      async (attempt) => {
        if (attempt === 2) stop.abort();
        throw unplugged();
      },
      () => true,
      (hurry) => hurry(),
    );
    await ended;
    expect(reports.filter(({ state }) => state === 'lost')).toHaveLength(2);
  });

  it('does not wait where it was told to hurry while the attempt was still under way', async () => {
    let hurry = (): void => undefined;
    const { ended, stop } = session(
      async (attempt) => {
        // Eight waits for a device that is gone would take 16 seconds.
        if (attempt === 8) stop.abort();
        hurry();
        throw unplugged();
      },
      undefined,
      (cutShort) => {
        hurry = cutShort;
      },
    );
    await ended;
    expect(stop.signal.aborted).toBe(true);
  });

  it('takes a driver that ends by itself as broken, and any throw as a coded error', async () => {
    for (const end of [async () => undefined, () => Promise.reject(new Error('x'))]) {
      const { reports, ended, stop } = session(end);
      stop.signal.addEventListener('abort', () => undefined);
      await Promise.resolve();
      await new Promise((resolve) => setImmediate(resolve));
      stop.abort();
      await ended;
      expect(reports[1]).toMatchObject({ state: 'faulted', error: { code: 'device/crashed' } });
    }
  });

  it('waits longer with every failure, bounded, and from the beginning after a frame', () => {
    expect([1, 2, 3, 4, 5, 6, 50].map(backOffMs)).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000]);
  });

  it('ends at once when it is stopped while it waits', async () => {
    const { ended, stop } = session(() => Promise.reject(new Error('x')));
    await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    await ended;
  });
});
