import type { DataSet } from 'dicom-parser';
import type { GreyWindow } from '../../src/frame/frame-format.ts';
import { GreyHistogram } from '../../src/frame/grey-histogram.ts';
import { decimal, macro, text } from './dicom-elements.ts';
import type { GreyLayout } from './photometric.ts';
import type { Recording } from './recording.ts';

/** Modality values = slope * stored + intercept (PS3.3 C.11.1); slope is never 0. */
export interface Rescale {
  readonly slope: number;
  readonly intercept: number;
}

export function readRescale(dataSet: DataSet): Rescale {
  const own = macro(dataSet, 'x00289145');
  const slope = decimal(own, 'x00281053') ?? 1;
  return { slope: slope === 0 ? 1 : slope, intercept: decimal(own, 'x00281052') ?? 0 };
}

/**
 * The header's window in the values that frames carry: rescaled back, shifted like signed pixels, mirrored where those are.
 * Undefined where there is none, or where it shows 8 bits as they are.
 */
export function headerWindow(dataSet: DataSet, layout: GreyLayout, rescale: Rescale, warn: (text: string) => void): GreyWindow | undefined {
  const range = windowRange(dataSet, warn);
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
function windowRange(dataSet: DataSet, warn: (text: string) => void): [number, number] | undefined {
  if (dataSet.elements.x00283000 !== undefined) {
    warn('the modality look-up table is not applied: the window is taken from the pixels');
    return undefined;
  }
  const own = macro(dataSet, 'x00289132');
  const [centre, width] = [decimal(own, 'x00281050'), decimal(own, 'x00281051')];
  const shape = (text(own, 'x00281056') ?? 'LINEAR').trim();
  if (centre === undefined || width === undefined || width <= 0) {
    if (dataSet.elements.x00283010 !== undefined) warn('the VOI look-up table is not applied: the window is taken from the pixels');
    return undefined;
  }
  // C.11.2.1.3.2: exact edges, where LINEAR leaves out one value.
  if (shape === 'LINEAR_EXACT') return [centre - width / 2, centre + width / 2];
  // C.11.2.1.3.1: a sigmoid has the slope of the line in its centre.
  if (shape === 'SIGMOID') warn('the sigmoid window is shown as a straight one');
  return width < 1 ? undefined : [centre - width / 2, centre + width / 2 - 1];
}

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
