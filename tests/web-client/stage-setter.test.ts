import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ViewerMessage } from '../../src/protocol/messages.ts';
import { StageSetter } from '../../web-client/stage-setter.ts';

type SetStage = Extract<ViewerMessage, { type: 'set-stage' }>;

function setterWithEars() {
  const sent: SetStage[] = [];
  const settled: string[] = [];
  const setter = new StageSetter(
    (message) => sent.push(message as SetStage),
    (stream, stage, error) => settled.push(`${stream} ${stage} ${error?.code ?? 'granted'}`),
  );
  const grant = (): void => {
    setter.hear({ type: 'stage-set', request: sent.at(-1)?.request ?? -1, stream: 0, epoch: 1 });
    vi.advanceTimersByTime(100);
  };
  return { sent, settled, setter, grant };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('StageSetter', () => {
  it('sends no more than fifteen changes of a stage in a second, however fast the server is, and the last one at the end', () => {
    const { sent, setter } = setterWithEars();
    let answered = 0;
    for (let ms = 0; ms < 1000; ms += 5) {
      setter.set(0, 'window', { options: { contrast: ms } });
      for (; answered < sent.length; answered++) setter.hear({ type: 'stage-set', request: sent[answered]!.request, stream: 0, epoch: 1 });
      vi.advanceTimersByTime(5);
    }
    vi.advanceTimersByTime(100);
    expect(sent.length).toBeLessThanOrEqual(17);
    expect(sent.length).toBeGreaterThan(10);
    expect(sent.at(-1)?.options).toEqual({ contrast: 995 });
  });

  it('sends the newest of what was asked for while an answer was due', () => {
    const { sent, settled, setter, grant } = setterWithEars();
    for (const strength of [0.1, 0.2, 0.3]) setter.set(0, 'persistence', { options: { strength } });
    expect(sent.map(({ options }) => options)).toEqual([{ strength: 0.1 }]);
    grant();
    expect(sent.map(({ options }) => options)).toEqual([{ strength: 0.1 }, { strength: 0.3 }]);
    expect(settled).toEqual([]);
    grant();
    expect(settled).toEqual(['0 persistence granted']);
  });

  it('loses no setting of those that were asked for together', () => {
    const { sent, setter, grant } = setterWithEars();
    setter.set(0, 'window', { options: { brightness: 1 } });
    setter.set(0, 'window', { options: { contrast: 2 } });
    setter.set(0, 'window', { enabled: false });
    grant();
    expect(sent[1]).toMatchObject({ enabled: false, options: { contrast: 2 } });
  });

  it('lets two stages go at the same time', () => {
    const { sent, setter } = setterWithEars();
    setter.set(0, 'window', { enabled: true });
    setter.set(0, 'median', { enabled: true });
    expect(sent.map(({ stage }) => stage)).toEqual(['window', 'median']);
  });

  it('reports a refusal and drops what waited behind it', () => {
    const { sent, settled, setter } = setterWithEars();
    setter.set(0, 'window', { options: { contrast: 900 } });
    setter.set(0, 'window', { options: { contrast: 901 } });
    setter.hear({ type: 'error', request: sent[0]?.request ?? -1, error: { code: 'stage/bad-option', message: '', remedy: '' } });
    expect(settled).toEqual(['0 window stage/bad-option']);
    expect(sent).toHaveLength(1);
  });

  it('settles everything when the line is lost', () => {
    const { settled, setter, grant } = setterWithEars();
    setter.set(0, 'window', { enabled: true });
    setter.forget();
    expect(settled).toEqual(['0 window granted']);
    grant();
    expect(settled).toHaveLength(1);
  });
});
