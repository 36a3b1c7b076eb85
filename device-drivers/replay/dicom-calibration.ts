import type { DataSet } from 'dicom-parser';
import { type CalibrationRegion, regionFault, regionKinds, unitNames } from '../../src/frame/calibration.ts';
import { decimals, double, int32, macro, text, uint16, uint32 } from './dicom-elements.ts';
import { wholePicture } from './whole-picture.ts';

type Warn = (text: string) => void;

const enhancedUltrasound = '1.2.840.10008.5.1.4.1.1.6.2';
/** Of one frame or several. */
const secondaryCapture = '1.2.840.10008.5.1.4.1.1.7';

/** What a pixel measures: the regions of ultrasound, else a spacing that holds for the whole picture. Says what is not used, and why. */
export function readCalibration(dataSet: DataSet, modality: string, width: number, height: number, warn: Warn): CalibrationRegion[] {
  const regions = readRegions(dataSet, width, height, warn);
  if (regions.length > 0 || dataSet.elements.x00186011 !== undefined) return regions;
  const spacing = usableSpacing(dataSet, modality, warn);
  // Millimetres from row to row stand first (PS3.3 10.7.1.3).
  return spacing === undefined ? [] : [wholePicture(width, height, spacing[1], spacing[0])];
}

function readRegions(dataSet: DataSet, width: number, height: number, warn: Warn): CalibrationRegion[] {
  const regions: CalibrationRegion[] = [];
  for (const [index, { dataSet: item }] of (dataSet.elements.x00186011?.items ?? []).entries()) {
    if (item === undefined) continue;
    const region = readRegion(item);
    // The end of some vendors is the first pixel outside.
    const inside = { ...region, x1: region.x1 === width ? width - 1 : region.x1, y1: region.y1 === height ? height - 1 : region.y1 };
    const unknown = unknownCode(item);
    const fault = unknown ?? regionFault(inside, width, height);
    if (fault === undefined) {
      regions.push(inside);
      if (inside.x1 !== region.x1 || inside.y1 !== region.y1)
        warn(`calibration region ${index + 1} ends one pixel outside the picture and is cut at its edge`);
    } else if (unknown !== undefined || region.kind !== 'none') warn(`calibration region ${index + 1} is not used: ${fault}`);
  }
  return regions;
}

function readRegion(item: DataSet): CalibrationRegion {
  const reference = (name: string, value: number | undefined) => (value === undefined ? {} : { [name]: value });
  return {
    kind: regionKinds[uint16(item, 'x00186014') ?? 0] ?? 'none',
    x0: uint32(item, 'x00186018') ?? -1,
    y0: uint32(item, 'x0018601a') ?? -1,
    x1: uint32(item, 'x0018601c') ?? -1,
    y1: uint32(item, 'x0018601e') ?? -1,
    unitX: unitNames[uint16(item, 'x00186024') ?? 0] ?? 'none',
    unitY: unitNames[uint16(item, 'x00186026') ?? 0] ?? 'none',
    deltaX: double(item, 'x0018602c') ?? 0,
    deltaY: double(item, 'x0018602e') ?? 0,
    ...reference('referenceX', int32(item, 'x00186020')),
    ...reference('referenceY', int32(item, 'x00186022')),
    ...reference('referenceValueX', double(item, 'x00186028')),
    ...reference('referenceValueY', double(item, 'x0018602a')),
  };
}

/** A code that PS3.3 C.8.5.5.1 does not have: what it would measure is not known. */
function unknownCode(item: DataSet): string | undefined {
  for (const [name, tag, codes] of [
    ['data type', 'x00186014', regionKinds.length],
    ['unit of X', 'x00186024', unitNames.length],
    ['unit of Y', 'x00186026', unitNames.length],
  ] as const) {
    const code = uint16(item, tag) ?? 0;
    if (code >= codes) return `its ${name} ${code} is not known`;
  }
  return undefined;
}

/** Row and column spacing in mm that may be measured with. */
function usableSpacing(dataSet: DataSet, modality: string, warn: Warn): [number, number] | undefined {
  const spacing = pair(macro(dataSet, 'x00289110'), 'x00280030');
  if (modality === 'US' || modality === 'IVUS') {
    if (spacing === undefined || text(dataSet, 'x00080016')?.trim() === enhancedUltrasound) return spacing;
    warn('Pixel Spacing without calibration regions is not used: ultrasound pictures hold more than one scale');
    return undefined;
  }
  const calibrated = ['GEOMETRY', 'FIDUCIAL'].includes(text(dataSet, 'x00280a02')?.trim() ?? '');
  if (text(dataSet, 'x00080016')?.startsWith(secondaryCapture) && !calibrated) {
    if (spacing !== undefined)
      warn('Pixel Spacing is not used: a secondary capture that does not say how it was calibrated may show anything');
    return undefined;
  }
  if (!projections.includes(modality)) return spacing;
  // Enhanced X-ray angiography gives the distance in the patient outright (PS3.3 C.8.19.6.9).
  const inPatient = pair(macro(dataSet, 'x00189401'), 'x00189404');
  if (inPatient !== undefined) return inPatient;
  const atDetector = pair(dataSet, 'x00181164');
  const corrected = spacing !== undefined && atDetector !== undefined && (spacing[0] !== atDetector[0] || spacing[1] !== atDetector[1]);
  if (spacing !== undefined && (calibrated || corrected)) return spacing;
  const known = atDetector ?? spacing;
  if (known !== undefined)
    warn(`${known[0]} x ${known[1]} mm per pixel holds at the detector, not in the patient: it is not measured with`);
  return undefined;
}

/** Pictures that are shadows: an object nearer to the tube is shown larger (PS3.3 10.7.1.1). */
const projections: readonly string[] = ['XA', 'RF', 'CR', 'DX', 'MG', 'PX', 'IO'];

function pair(dataSet: DataSet, tag: string): [number, number] | undefined {
  const [rows, columns] = decimals(dataSet, tag);
  const good = (mm: number | undefined): mm is number => mm !== undefined && Number.isFinite(mm) && mm > 0 && mm < 1000;
  return good(rows) && good(columns) ? [rows, columns] : undefined;
}
