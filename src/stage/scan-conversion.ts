import Type, { type Static } from 'typebox';
import type { CalibrationRegion } from '../frame/calibration.ts';
import { maxSide } from '../frame/frame-format.ts';
import type { ScanGeometry } from '../frame/scan-geometry.ts';
import { oneOf } from './one-of.ts';
import { fillScanTable, fittedPicture, type ScanPicture, scanBox, scanTableLayout } from './scan-table.ts';
import type { FormingStage } from './stage.ts';

const options = Type.Object(
  {
    height: Type.Integer({ title: 'Height', default: 768, minimum: 16, maximum: 2160, description: 'of the picture, pixels' }),
    interpolation: oneOf(['bilinear', 'nearest'] as const, {
      title: 'Interpolation',
      default: 'bilinear',
      description: 'between lines and samples; nearest shows the samples as they are',
    }),
    width: Type.Integer({ title: 'Width', default: 0, minimum: 0, maximum: maxSide, description: 'pixels; 0: as wide as the scan' }),
    mmPerPixel: Type.Number({
      title: 'Pixel size',
      default: 0,
      minimum: 0,
      maximum: 10,
      description: 'millimetres; 0: the whole scan fits the height',
    }),
    probeX: Type.Number({
      title: 'Probe, x',
      default: -1,
      minimum: -1,
      maximum: maxSide,
      description: "column of the middle of the probe's face, with a pixel size only; -1: the scan is centred",
    }),
    probeY: Type.Number({
      title: 'Probe, y',
      default: -1,
      minimum: -1,
      maximum: maxSide,
      description: "row of the middle of the probe's face, with a pixel size only; -1: the scan begins at the top",
    }),
  },
  { additionalProperties: false },
);
type Options = Static<typeof options>;

/** Scan lines → a picture in which a centimetre is a centimetre everywhere. */
export const scanConversion: FormingStage<typeof options> = {
  name: 'scan-conversion',
  title: 'Scan conversion',
  options,
  output(input, given) {
    const { scan } = input;
    if (scan === undefined || input.rf !== undefined) return undefined;
    const picture = pictureFor(scan, given);
    const { scan: _used, ...rest } = input;
    const { width, height } = picture;
    return { ...rest, pixelFormat: 'GREY', width, height, bytesPerLine: width, regions: regionsOf(scan, picture) };
  },
  scratchBytes: (input, given) => (input.scan === undefined ? 0 : scanTableLayout(0, pictureFor(input.scan, given)).end),
  open(input, given, { kernels, memory, scratch }) {
    const scan = input.scan as ScanGeometry;
    const picture = pictureFor(scan, given);
    const { width, height } = picture;
    const size = { lines: input.height, samples: input.width, lineBytes: input.bytesPerLine };
    const { runs, offsets, fractions } = scanTableLayout(scratch, picture);
    const runCount = fillScanTable(memory, scratch, scan, size, picture, given.interpolation === 'nearest');
    return (source, target) =>
      kernels.scanConvert(source, input.bytesPerLine, target, width, width, height, runs, runCount, offsets, fractions);
  },
};

function pictureFor(scan: ScanGeometry, { height, width, mmPerPixel, probeX, probeY }: Options): ScanPicture {
  const fitted = fittedPicture(scan, height, width === 0 ? maxSide : width);
  if (mmPerPixel === 0) {
    const across = width === 0 ? fitted.width : width;
    return { ...fitted, width: across, probeX: fitted.probeX + (across - fitted.width) / 2 };
  }
  const grown = fitted.mmPerPixel / mmPerPixel;
  const across = width === 0 ? Math.min(maxSide, Math.max(2, Math.ceil((fitted.width - 1) * grown) + 1)) : width;
  return {
    width: across,
    height,
    mmPerPixel,
    probeX: probeX < 0 ? fitted.probeX * grown + (across - 1 - (fitted.width - 1) * grown) / 2 : probeX,
    probeY: probeY < 0 ? fitted.probeY * grown : probeY,
  };
}

/** The scan's smallest rectangle: centimetres from the middle of the probe's face, depth downwards; none of numbers that nobody measured. */
function regionsOf(scan: ScanGeometry, picture: ScanPicture): CalibrationRegion[] {
  const box = scanBox(scan, picture);
  if (box === undefined || scan.assumed === true) return [];
  const cmPerPixel = picture.mmPerPixel / 10;
  return [
    {
      kind: 'tissue',
      ...box,
      unitX: 'cm',
      unitY: 'cm',
      deltaX: cmPerPixel,
      deltaY: cmPerPixel,
      referenceX: picture.probeX - box.x0,
      referenceY: picture.probeY - box.y0,
      referenceValueX: 0,
      referenceValueY: 0,
    },
  ];
}
