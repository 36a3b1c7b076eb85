import Type from 'typebox';
import { regionKinds, unitNames } from '../frame/calibration.ts';
import { oneOf } from './schema.ts';

export const RegionSchema = Type.Object(
  {
    kind: oneOf(regionKinds, 'data type of DICOM PS3.3 C.8.5.5.1.2'),
    x0: Type.Integer({ description: 'left edge, pixel inside' }),
    y0: Type.Integer({ description: 'upper edge, pixel inside' }),
    x1: Type.Integer({ description: 'right edge, pixel inside' }),
    y1: Type.Integer({ description: 'lower edge, pixel inside' }),
    unitX: oneOf(unitNames, 'unit along x'),
    unitY: oneOf(unitNames, 'unit along y'),
    deltaX: Type.Number({ description: 'units per pixel along x, signed, exactly as the source gave it' }),
    deltaY: Type.Number({ description: 'units per pixel along y, signed, exactly as the source gave it' }),
    referenceX: Type.Optional(Type.Number({ description: 'reference pixel, relative to x0' })),
    referenceY: Type.Optional(Type.Number({ description: 'reference pixel, relative to y0' })),
    referenceValueX: Type.Optional(Type.Number({ description: 'value at the reference pixel along x' })),
    referenceValueY: Type.Optional(Type.Number({ description: 'value at the reference pixel along y' })),
  },
  { additionalProperties: false, description: 'a calibrated rectangle of the picture' },
);
