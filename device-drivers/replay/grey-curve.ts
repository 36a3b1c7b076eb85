import type { DataSet, Element } from 'dicom-parser';
import { decimal, firstItem, int16, macro, text, uint16 } from './dicom-elements.ts';

type Warn = (text: string) => void;

/** Modality values = slope * stored + intercept (PS3.3 C.11.1); slope is never 0. */
export interface Rescale {
  readonly slope: number;
  readonly intercept: number;
}

/** Stored values, and what the header says of them beyond a straight window. */
export interface StoredGrey {
  readonly bitsStored: number;
  readonly signed: boolean;
  readonly monochrome1: boolean;
  readonly bigEndian: boolean;
}

/** Brightness of every value that a frame carries, from 0 to `top`; `complete`: a window is part of it. */
export interface GreyCurve {
  readonly levels: Uint16Array;
  readonly complete: boolean;
}

interface Window {
  readonly centre: number;
  readonly width: number;
  readonly shape: string;
}

/**
 * The curve of a sigmoid window (PS3.3 C.11.2.1.3.1), of a VOI look-up table where there is no window, or of a modality look-up table;
 * undefined where a straight window shows the same. `rescale` undefined: modality values are not for display.
 */
export function greyCurve(dataSet: DataSet, stored: StoredGrey, rescale: Rescale | undefined, warn: Warn): GreyCurve | undefined {
  const own = macro(dataSet, 'x00289132');
  const window = windowOf(own);
  const modality = rescale && readTable(firstItem(dataSet, 'x00283000'), 'modality', stored, warn);
  const voi = window === undefined ? readTable(firstItem(own, 'x00283010'), 'VOI', stored, warn) : undefined;
  if (modality === undefined && voi === undefined && window?.shape !== 'SIGMOID') return undefined;
  const { slope, intercept } = rescale ?? { slope: 1, intercept: 0 };
  const { bitsStored, signed, monochrome1 } = stored;
  const half = signed ? 2 ** (bitsStored - 1) : 0;
  const top = bitsStored > 8 ? 65_535 : 255;
  const levels = Uint16Array.from({ length: 2 ** bitsStored }, (_, carried) => {
    const value = carried - half;
    const meant = modality ? modality.entry(value) : slope * value + intercept;
    const bright = brightness(meant, window, voi ?? modality, voi === undefined);
    return Math.round(top * (monochrome1 ? 1 - bright : bright));
  });
  return { levels, complete: window !== undefined || voi !== undefined };
}

function windowOf(dataSet: DataSet): Window | undefined {
  const [centre, width] = [decimal(dataSet, 'x00281050'), decimal(dataSet, 'x00281051')];
  const shape = (text(dataSet, 'x00281056') ?? 'LINEAR').trim();
  const least = shape === 'SIGMOID' || shape === 'LINEAR_EXACT' ? Number.MIN_VALUE : 1;
  return centre === undefined || width === undefined || width < least ? undefined : { centre, width, shape };
}

/** From 0 to 1. */
function brightness(value: number, window: Window | undefined, table: Table | undefined, looked: boolean): number {
  if (window === undefined) return ((looked ? value : table?.entry(value)) ?? 0) / (table?.top ?? 1);
  const { centre, width, shape } = window;
  if (shape === 'SIGMOID') return 1 / (1 + Math.exp((-4 * (value - centre)) / width));
  if (shape === 'LINEAR_EXACT') return bounded((value - centre) / width + 0.5);
  // C.11.2.1.2.1; of width 1 it is a step.
  return width === 1 ? Number(value > centre - 0.5) : bounded((value - (centre - 0.5)) / (width - 1) + 0.5);
}

const bounded = (share: number): number => Math.min(1, Math.max(0, share));

/** A look-up table (PS3.3 C.11.1.1, C.11.2.1.1); values outside take the nearest entry. */
interface Table {
  readonly top: number;
  entry(value: number): number;
}

function readTable(item: DataSet | undefined, name: string, { signed, bigEndian }: StoredGrey, warn: Warn): Table | undefined {
  if (item === undefined) return undefined;
  const [count, bits] = [uint16(item, 'x00283002', 0), uint16(item, 'x00283002', 2) ?? 16];
  const entries = item.elements.x00283006;
  const size = count === 0 ? 65_536 : (count ?? 0);
  if (entries === undefined || entries.length < size || size === 0 || bits < 1 || bits > 16) {
    warn(`the ${name} look-up table is not applied: it is not whole`);
    return undefined;
  }
  // What the first entry stands for is of the values looked up; an explicit VR tells.
  const isSigned = item.elements.x00283002?.vr === 'SS' || (item.elements.x00283002?.vr !== 'US' && signed);
  const first = (isSigned ? int16(item, 'x00283002', 1) : uint16(item, 'x00283002', 1)) ?? 0;
  const values = tableValues(item.byteArray as Uint8Array, entries, size, bigEndian);
  const top = 2 ** bits - 1;
  return { top, entry: (value) => Math.min(top, values[Math.min(size - 1, Math.max(0, Math.round(value) - first))] as number) };
}

/** Entries of 8 bits may be packed one a byte. */
function tableValues(bytes: Uint8Array, { dataOffset, length }: Element, size: number, bigEndian: boolean): Uint16Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset + dataOffset, Math.min(length, bytes.length - dataOffset));
  const wide = view.byteLength >= 2 * size;
  return Uint16Array.from({ length: size }, (_, index) =>
    wide ? view.getUint16(2 * index, !bigEndian) : index < view.byteLength ? view.getUint8(index) : 0,
  );
}
