import type { DataSet } from 'dicom-parser';

/** A damaged element ends its own reading, not the file's. */
export function reading<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

export const text = (dataSet: DataSet, tag: string): string | undefined => reading(() => dataSet.string(tag));
export const uint16 = (dataSet: DataSet, tag: string, index = 0): number | undefined => reading(() => dataSet.uint16(tag, index));
export const int16 = (dataSet: DataSet, tag: string, index = 0): number | undefined => reading(() => dataSet.int16(tag, index));
export const uint32 = (dataSet: DataSet, tag: string): number | undefined => reading(() => dataSet.uint32(tag));
export const int32 = (dataSet: DataSet, tag: string): number | undefined => reading(() => dataSet.int32(tag));
export const double = (dataSet: DataSet, tag: string): number | undefined => reading(() => dataSet.double(tag));

/** Numbers written as text (DS, IS); what is no number is NaN. */
export const decimals = (dataSet: DataSet, tag: string): number[] =>
  (text(dataSet, tag) ?? '')
    .split('\\')
    .filter((entry) => entry !== '')
    .map((entry) => Number.parseFloat(entry));

export function decimal(dataSet: DataSet, tag: string): number | undefined {
  const value = decimals(dataSet, tag)[0];
  return Number.isFinite(value) ? value : undefined;
}

export function integer(dataSet: DataSet, tag: string): number | undefined {
  const value = decimal(dataSet, tag);
  return value === undefined ? undefined : Math.trunc(value);
}

/** The first item of a sequence. */
export const firstItem = (dataSet: DataSet | undefined, tag: string): DataSet | undefined => dataSet?.elements[tag]?.items?.[0]?.dataSet;

/**
 * Where attributes stand: enhanced objects keep them in functional groups (PS3.3 C.7.6.16), shared or else of the first frame;
 * all others keep them in the data set itself.
 */
export function macro(dataSet: DataSet, sequence: string): DataSet {
  const groups = [firstItem(dataSet, 'x52009229'), firstItem(dataSet, 'x52009230')];
  return groups.map((group) => firstItem(group, sequence)).find((item) => item !== undefined) ?? dataSet;
}
