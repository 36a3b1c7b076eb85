import type { CalibrationRegion, Unit } from '../frame/calibration.ts';
import { envelopeOf, gradientMmHg, measureEnvelope } from './doppler.ts';
import {
  angleDeg,
  crossesItself,
  ellipseArea,
  ellipseCircumference,
  ellipseOf,
  ellipseReach,
  pathLength,
  perimeter,
  polygonArea,
} from './geometry.ts';
import type { Mark, MarkKind, MarkOf, Point } from './mark.ts';
import { type Calibration, type MeasuredPicture, type Scale, scaleUnder, toMm, valueAlongY } from './scale.ts';

export const quantityUnits = ['mm', 'cm', 'cm²', '°', 's', 'cm/s', 'cm/s²', 'Hz', '/min', 'mmHg', 'ml', '%', 'px', 'px²'] as const;
export type QuantityUnit = (typeof quantityUnits)[number];

/** One measured value. */
export interface Quantity {
  readonly of:
    | 'length'
    | 'circumference'
    | 'area'
    | 'angle'
    | 'time'
    | 'rate'
    | 'depth'
    | 'velocity'
    | 'frequency'
    | 'slope'
    | 'acceleration'
    | 'vti'
    | 'peak-gradient'
    | 'mean-gradient'
    | 'ejection-fraction'
    | 'end-diastolic-volume'
    | 'end-systolic-volume'
    | 'stroke-volume'
    | 'heart-rate'
    | 'diameter-stenosis'
    | 'area-stenosis';
  readonly value: number;
  readonly unit: QuantityUnit;
}

/** What a mark measures: the leading value first, none for a mark that only shows. */
export interface Measurement {
  readonly quantities: readonly Quantity[];
  /** By whom the picture was calibrated; absent: these are pixels, and `reason` says why. */
  readonly calibration?: Calibration;
  readonly reason?: string;
}

/** The values of a mark by the calibration of the picture that it lies on; nothing of it is stored. */
export const measure = (picture: MeasuredPicture, mark: Mark): Measurement => measureKind(mark.kind, picture, mark);

/** The type of a mark follows its kind, which the compiler sees for a parameter and not for a union. */
function measureKind<Kind extends MarkKind>(kind: Kind, picture: MeasuredPicture, mark: MarkOf<Kind>): Measurement {
  return byKind[kind](picture, mark);
}

const nothing: Measurement = { quantities: [] };

const byKind: { readonly [Kind in MarkKind]: (picture: MeasuredPicture, mark: MarkOf<Kind>) => Measurement } = {
  distance(picture, { points }) {
    const scale = scaleUnder(picture, points);
    return scale.of === 'axes' ? onAxes(differences(scale.region, points)) : onLengths(scale, points, lengthOf);
  },
  polyline(picture, { points }) {
    const scale = scaleUnder(picture, points);
    return scale.of === 'axes' ? onSpectrum(scale.region, points) : onLengths(scale, points, lengthOf);
  },
  angle(picture, { points }) {
    const scale = scaleUnder(picture, points);
    if (scale.of === 'axes') return { quantities: [], reason: axesReason(scale.region) };
    return onLengths(scale, points, ([arm, vertex, otherArm]) => {
      const value = angleDeg(arm!, vertex!, otherArm!);
      return value === undefined ? [] : [{ of: 'angle', value, unit: '°' }];
    });
  },
  ellipse(picture, { points }) {
    const scale = scaleUnder(picture, points);
    if (scale.of === 'lengths' && !encloses(scale.region, points)) {
      return onLengths({ of: 'pixels', reason: 'partly not calibrated' }, points, ellipseQuantities);
    }
    return onLengths(scale, points, ellipseQuantities);
  },
  area(picture, { points }) {
    const measured = onLengths(scaleUnder(picture, points), points, areaQuantities);
    if (!crossesItself(points)) return measured;
    return { ...measured, reason: [measured.reason, 'the outline crosses itself'].filter((part) => part !== undefined).join(', ') };
  },
  point(picture, { points }) {
    const scale = scaleUnder(picture, points);
    if (scale.of !== 'axes' || scale.region.unitY !== 'cm/s') return nothing;
    const value = valueAlongY(scale.region, points[0]);
    if (value === undefined) return { quantities: [], reason: 'no baseline is named' };
    const velocity: Quantity = { of: 'velocity', value, unit: 'cm/s' };
    if (!givesPressure(scale.region)) return onAxes([velocity]);
    return onAxes([velocity, { of: 'peak-gradient', value: gradientMmHg(value), unit: 'mmHg' }]);
  },
  arrow: () => nothing,
  text: () => nothing,
  'body-marker': () => nothing,
};

/** Colour flow and traces show means of velocities, from which no pressure follows. */
const givesPressure = ({ kind }: CalibrationRegion): boolean => kind === 'pw-doppler' || kind === 'cw-doppler';

type Lengths = 'mm' | 'px';

/** Values in the unit of the points: millimetres, or pixels and the reason why there are no others. */
function onLengths(
  scale: Scale,
  points: readonly Point[],
  quantities: (points: readonly Point[], unit: Lengths) => Quantity[],
): Measurement {
  if (scale.of === 'lengths') {
    const inMm = points.map((point) => toMm(scale.region, point));
    return { quantities: quantities(inMm, 'mm'), calibration: scale.calibration };
  }
  return { quantities: quantities(points, 'px'), reason: scale.of === 'axes' ? axesReason(scale.region) : scale.reason };
}

const onAxes = (quantities: Quantity[]): Measurement => ({ quantities, calibration: 'source' });

const axesReason = ({ unitX, unitY }: CalibrationRegion): string => `axes are ${unitX} and ${unitY}`;

const mmPerCm = 10;

const lengthOf = (points: readonly Point[], unit: Lengths): Quantity[] => [{ of: 'length', value: pathLength(points), unit }];

const enclosed = (area: number, circumference: number, unit: Lengths): Quantity[] =>
  unit === 'px'
    ? [
        { of: 'area', value: area, unit: 'px²' },
        { of: 'circumference', value: circumference, unit },
      ]
    : [
        { of: 'area', value: area / (mmPerCm * mmPerCm), unit: 'cm²' },
        { of: 'circumference', value: circumference / mmPerCm, unit: 'cm' },
      ];

const areaQuantities = (points: readonly Point[], unit: Lengths): Quantity[] => enclosed(polygonArea(points), perimeter(points), unit);

function ellipseQuantities([from, to, conjugate]: readonly Point[], unit: Lengths): Quantity[] {
  const ellipse = ellipseOf(from!, to!, conjugate!);
  return enclosed(ellipseArea(ellipse), ellipseCircumference(ellipse), unit);
}

/** The outline of an ellipse goes beyond its three points. */
function encloses({ x0, y0, x1, y1 }: CalibrationRegion, [from, to, conjugate]: MarkOf<'ellipse'>['points']): boolean {
  const ellipse = ellipseOf(from, to, conjugate);
  const [{ x, y }, reach] = [ellipse.centre, ellipseReach(ellipse)];
  return x - reach.x >= x0 && x + reach.x <= x1 + 1 && y - reach.y >= y0 && y + reach.y <= y1 + 1;
}

const axisQuantities: { readonly [U in Unit]?: { readonly of: Quantity['of']; readonly unit: QuantityUnit; readonly factor: number } } = {
  s: { of: 'time', unit: 's', factor: 1 },
  cm: { of: 'depth', unit: 'mm', factor: mmPerCm },
  'cm/s': { of: 'velocity', unit: 'cm/s', factor: 1 },
  Hz: { of: 'frequency', unit: 'Hz', factor: 1 },
};

const steepness: { readonly [U in Unit]?: { readonly of: Quantity['of']; readonly unit: QuantityUnit } } = {
  cm: { of: 'slope', unit: 'cm/s' },
  'cm/s': { of: 'acceleration', unit: 'cm/s²' },
};

/** What lies between two points where the axes are no lengths: along y, along x, and how steep it is. */
function differences(region: CalibrationRegion, [from, to]: MarkOf<'distance'>['points']): Quantity[] {
  const [alongX, alongY] = [(to.x - from.x) * region.deltaX, (to.y - from.y) * region.deltaY];
  const parts = [
    { axis: axisQuantities[region.unitY], value: alongY },
    { axis: axisQuantities[region.unitX], value: alongX },
  ];
  const quantities: Quantity[] = parts.flatMap(({ axis, value }) =>
    axis === undefined ? [] : [{ of: axis.of, value: Math.abs(value) * axis.factor, unit: axis.unit }],
  );
  const steep = region.unitX === 's' && alongX !== 0 ? steepness[region.unitY] : undefined;
  if (steep !== undefined) quantities.push({ ...steep, value: alongY / alongX });
  if (region.kind === 'ecg' && region.unitX === 's' && alongX !== 0) {
    quantities.push({ of: 'rate', value: 60 / Math.abs(alongX), unit: '/min' });
  }
  return quantities;
}

/** A line on a spectrum is the envelope of a flow. */
function onSpectrum(region: CalibrationRegion, points: readonly Point[]): Measurement {
  const envelope = envelopeOf(region, points);
  const values = typeof envelope === 'string' ? envelope : measureEnvelope(envelope);
  if (typeof values === 'string') {
    const reason = values === 'axes are not time and velocity' ? axesReason(region) : values;
    return { quantities: [{ of: 'length', value: pathLength(points), unit: 'px' }], reason };
  }
  const gradients: Quantity[] = [
    { of: 'peak-gradient', value: values.peakGradientMmHg, unit: 'mmHg' },
    { of: 'mean-gradient', value: values.meanGradientMmHg, unit: 'mmHg' },
  ];
  return onAxes([
    { of: 'velocity', value: values.peakCmS, unit: 'cm/s' },
    { of: 'vti', value: values.vtiCm, unit: 'cm' },
    ...(givesPressure(region) ? gradients : []),
    { of: 'time', value: values.durationS, unit: 's' },
  ]);
}

const decimals: { readonly [U in QuantityUnit]: number } = {
  mm: 1,
  cm: 1,
  'cm²': 1,
  '°': 0,
  s: 2,
  'cm/s': 1,
  'cm/s²': 0,
  Hz: 0,
  '/min': 0,
  mmHg: 0,
  ml: 0,
  '%': 0,
  px: 0,
  'px²': 0,
};

/** An orifice or a valve is told apart by hundredths: of less than 10.00 cm² they are written. */
const isSmallArea = ({ value, unit }: Quantity): boolean => unit === 'cm²' && value < 9.995;

/** `12.4`, with as many decimals as its unit is good for. */
export const numberText = (quantity: Quantity): string => quantity.value.toFixed(isSmallArea(quantity) ? 2 : decimals[quantity.unit]);

/** `12.4 mm`, `83 px, not calibrated` or `12.4 mm, calibrated by hand`. */
export function measurementText(measurement: Measurement): string {
  const values = measurement.quantities.map((quantity) => `${numberText(quantity)} ${quantity.unit}`);
  const note = noteText(measurement);
  return [...values, ...(note === undefined ? [] : [note])].join(', ');
}

/** What must stand beside the values: why they are pixels, or that a hand calibrated them. */
export function noteText({ reason, calibration }: Measurement): string | undefined {
  const byHand = calibration === 'manual' ? 'calibrated by hand' : undefined;
  const parts = [reason, byHand].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join(', ');
}
