import { describe, expect, it } from 'vitest';
import type { CalibrationRegion } from '../../src/frame/calibration.ts';
import type { Mark } from '../../src/marks/mark.ts';
import { spokenMark, valueLines } from '../../web-client/mark-texts.ts';
import type { KnownMark } from '../../web-client/marks-state.ts';
import { inLanguage } from '../../web-client/words/words.ts';

const axes = { x0: 0, y0: 0, x1: 399, y1: 399, referenceY: 200 } as const;
const spectrum: CalibrationRegion = { ...axes, kind: 'cw-doppler', unitX: 's', unitY: 'cm/s', deltaX: 0.005, deltaY: -2 };
const tissue: CalibrationRegion = { ...axes, kind: 'tissue', unitX: 'cm', unitY: 'cm', deltaX: 0.01, deltaY: 0.01 };
const known = (shape: Mark, region: CalibrationRegion): KnownMark => ({
  id: '00000000000000aa',
  shape,
  picture: { width: 400, height: 400, regions: [region] },
  stream: 0,
  fromUs: 1,
  untilUs: 1,
  author: undefined,
  kept: undefined,
  revision: 1,
  epoch: 0,
  changedMs: 0,
});
/** Up to 200 cm/s and back within 0.3 s: 16 mmHg at the top, a third of that on average. */
const flow = known(
  {
    kind: 'polyline',
    number: 3,
    points: [
      { x: 50, y: 200.5 },
      { x: 80, y: 100.5 },
      { x: 110, y: 200.5 },
    ],
  },
  spectrum,
);
const plain = (lines: readonly string[]): readonly string[] => lines.map((line) => line.replaceAll('\u00a0', ' '));

describe('what stands beside a trace along a flow', () => {
  it('names its values, of which two are of one unit, in both languages, for the eye and for the ear', () => {
    expect(plain(valueLines(inLanguage.en, flow, false))).toEqual([
      '3 Vmax 200.0 cm/s',
      'VTI 30.0 cm',
      'max PG 16 mmHg',
      'mean PG 5 mmHg',
      't 0.30 s',
    ]);
    expect(plain(valueLines(inLanguage.de, flow, true))).toEqual([
      '3 Vmax 200,0 cm/s',
      'VTI 30,0 cm',
      'max. PG 16 mmHg',
      'mittl. PG 5 mmHg',
      't 0,30 s',
    ]);
    expect(plain([spokenMark(inLanguage.en, flow)])[0]).toContain('max PG 16 mmHg, mean PG 5 mmHg');
  });

  it('names nothing that its unit tells', () => {
    const area = known(
      {
        kind: 'area',
        number: 1,
        points: [
          { x: 50, y: 50 },
          { x: 80, y: 50 },
          { x: 80, y: 70 },
          { x: 50, y: 70 },
        ],
      },
      tissue,
    );
    expect(plain(valueLines(inLanguage.de, area, true))).toEqual(['1 0,06 cm²', '1,0 cm']);
  });
});
