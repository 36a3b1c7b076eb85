import { describe, expect, it } from 'vitest';
import { openRecording } from '../../device-drivers/replay/open-recording.ts';
import type { Point } from '../../src/marks/mark.ts';
import { measure } from '../../src/marks/measure.ts';
import type { MeasuredPicture } from '../../src/marks/scale.ts';
import { haveRecordings, recording } from '../support/recordings.ts';

async function pictureOf(name: string): Promise<MeasuredPicture> {
  const { format } = await openRecording(recording(name));
  return { width: format.width, height: format.height, regions: format.regions };
}

const p = (x: number, y: number): Point => ({ x, y });

describe.skipIf(!haveRecordings)('marks on real recordings (skipped without ../shared/data)', () => {
  it('measure a four-chamber view by its region, whose delta along x is negative', async () => {
    const picture = await pictureOf('us/us_echo_a4c_sequoia_65f_clean.dcm');
    // By hand from the file's own number, as dcmdump prints it: 0.0524781 cm per pixel both ways.
    const mmPerPx = 0.5247813350662958;
    const [a, b, c] = [p(270, 80), p(300, 300), p(340, 200)];
    const length = measure(picture, { kind: 'distance', number: 1, points: [a, b] });
    expect(length).toEqual({
      calibration: 'source',
      quantities: [{ of: 'length', value: expect.closeTo(Math.sqrt(30 ** 2 + 220 ** 2) * mmPerPx, 9), unit: 'mm' }],
    });
    const area = measure(picture, { kind: 'area', number: 2, points: [a, b, c] });
    // Half of base times height: the cross product of two sides.
    expect(area.quantities[0]).toEqual({
      of: 'area',
      value: expect.closeTo((Math.abs(30 * 120 - 70 * 220) / 2) * (mmPerPx / 10) ** 2, 9),
      unit: 'cm²',
    });
    // Above the region are the vendor's own texts.
    expect(measure(picture, { kind: 'distance', number: 3, points: [p(270, 40), b] }).reason).toBe('partly not calibrated');
  });

  it('measure pixels where the region was written for another size of the picture', async () => {
    const picture = await pictureOf('us/us_echo_sonosite_30f_ybr422.dcm');
    expect(measure(picture, { kind: 'distance', number: 1, points: [p(100, 100), p(130, 140)] })).toEqual({
      quantities: [{ of: 'length', value: 50, unit: 'px' }],
      reason: 'not calibrated',
    });
  });

  it('measure an angiogram by the catheter in it', async () => {
    const picture = await pictureOf('xa/xa_coronary_rca_96f_jpeg8.dcm');
    const artery = { kind: 'distance', number: 1, points: [p(200, 200), p(212, 205)] } as const;
    expect(measure(picture, artery)).toMatchObject({ quantities: [{ value: 13, unit: 'px' }], reason: 'not calibrated' });
    const manual = { points: [p(100, 300), p(106, 308)], known: { french: 6 } } as const;
    expect(measure({ ...picture, manual }, artery)).toEqual({
      calibration: 'manual',
      quantities: [{ of: 'length', value: expect.closeTo(2.6, 9), unit: 'mm' }],
    });
  });
});
