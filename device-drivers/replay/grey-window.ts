import type { DataSet } from 'dicom-parser';
import type { GreyWindow } from '../../src/frame/frame-format.ts';
import { GreyHistogram } from '../../src/frame/grey-histogram.ts';
import { decimal, macro, text } from './dicom-elements.ts';
import { type GreyCurve, greyCurve, type Rescale, type StoredGrey } from './grey-curve.ts';
import type { GreyLayout } from './photometric.ts';
import type { Recording } from './recording.ts';

type Warn = (text: string) => void;

/**
 * Undefined where modality values are not for display: those of XA and XRF lead back to the X-ray intensity (PS3.3 C.8.7.1.1.2), so that
 * their window is of stored values.
 */
function readRescale(dataSet: DataSet, modality: string): Rescale | undefined {
  const sopClass = text(dataSet, 'x00080016')?.trim();
  if (sopClass === undefined ? modality === 'XA' || modality === 'RF' : sopClass.startsWith(xRayObjects)) return undefined;
  const own = macro(dataSet, 'x00289145');
  const slope = decimal(own, 'x00281053') ?? 1;
  return { slope: slope === 0 ? 1 : slope, intercept: decimal(own, 'x00281052') ?? 0 };
}

/** X-ray angiography and radiofluoroscopy, plain, enhanced and the retired one of two planes. */
const xRayObjects = '1.2.840.10008.5.1.4.1.1.12.';

/**
 * The header's window in the values that frames carry: rescaled back, shifted like signed pixels, mirrored where those are.
 * Undefined where there is none, or where it shows 8 bits as they are.
 */
function headerWindow(dataSet: DataSet, layout: GreyLayout, rescale: Rescale, warn: Warn): GreyWindow | undefined {
  const range = windowRange(dataSet);
  if (range === undefined) return undefined;
  const { bitsStored, signed, inverted } = layout;
  const top = 2 ** bitsStored - 1;
  const carried = range.map((modality) => {
    const stored = (modality - rescale.intercept) / rescale.slope + (signed ? 2 ** (bitsStored - 1) : 0);
    return inverted ? top - stored : stored;
  });
  const [low, high] = [Math.min(...carried), Math.max(...carried)];
  if (high < 0 || low > top) {
    warn('the window of the header lies outside the values of the pixels and is not used');
    return undefined;
  }
  if (bitsStored === 8 && low <= 0.5 && high >= 254.5) return undefined;
  return { centre: (low + high + 1) / 2, width: Math.max(1, high - low + 1) };
}

/** Modality values shown as black and as white. LINEAR: centre - width/2 to centre + width/2 - 1 (PS3.3 C.11.2.1.2.1). */
function windowRange(dataSet: DataSet): [number, number] | undefined {
  const own = macro(dataSet, 'x00289132');
  const [centre, width] = [decimal(own, 'x00281050'), decimal(own, 'x00281051')];
  const shape = (text(own, 'x00281056') ?? 'LINEAR').trim();
  if (centre === undefined || width === undefined || width <= 0) return undefined;
  // C.11.2.1.3.2: exact edges, where LINEAR leaves out one value.
  if (shape === 'LINEAR_EXACT') return [centre - width / 2, centre + width / 2];
  return width < 1 ? undefined : [centre - width / 2, centre + width / 2 - 1];
}

/** How stored grey is shown: as it is carried, through a curve, in a window. */
export interface GreyRendering {
  readonly inverted: boolean;
  readonly curve: Uint16Array | undefined;
  readonly window: GreyWindow | undefined;
}

/** What the header says of grey; where it names no window, more than 8 bits need `robustWindow`. */
export function greyRendering(dataSet: DataSet, stored: StoredGrey & { modality: string }, highBit: number, warn: Warn): GreyRendering {
  const { bitsStored, signed, monochrome1 } = stored;
  const shown = readRescale(dataSet, stored.modality);
  const curve = greyCurve(dataSet, stored, shown, warn);
  if (curve !== undefined) return { inverted: false, curve: curve.levels, window: curveWindow(curve, bitsStored) };
  const rescale = shown ?? { slope: 1, intercept: 0 };
  // A falling rescale turns dark and bright round once more.
  const layout = { bitsStored, highBit, signed, inverted: monochrome1 !== rescale.slope < 0 };
  return { inverted: layout.inverted, curve: undefined, window: headerWindow(dataSet, layout, rescale, warn) };
}

/** A curve that has a window in it fills all 16 bits. */
const curveWindow = ({ complete }: GreyCurve, bitsStored: number): GreyWindow | undefined =>
  complete && bitsStored > 8 ? { centre: 32_768, width: 65_536 } : undefined;

const sampledFrames = 5;

/** For a recording of Y16 without a window of its own: from the levels of some of its frames. */
export async function robustWindow(decode: Recording['decode'], frames: number, pixels: number): Promise<GreyWindow> {
  const levels = new GreyHistogram();
  const target = new Uint8Array(pixels * 2);
  for (let k = 0; k < Math.min(sampledFrames, frames); k++) {
    try {
      await decode(Math.floor((k * frames) / Math.min(sampledFrames, frames)), target);
    } catch {
      continue;
    }
    levels.add(target);
  }
  return levels.window();
}
