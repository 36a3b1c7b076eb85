import type { DataSet } from 'dicom-parser';
import { decimal, decimals, firstItem, text, uint16 } from './dicom-elements.ts';
import type { TimeFacts } from './frame-times.ts';

export function timeFacts(dataSet: DataSet): TimeFacts {
  const [group, element] = [0, 1].map((index) => uint16(dataSet, 'x00280009', index));
  const hex = (value: number): string => value.toString(16).padStart(4, '0');
  return {
    pointer: group === undefined || element === undefined ? undefined : hex(group) + hex(element),
    frameTimeMs: decimal(dataSet, 'x00181063'),
    vectorMs: dataSet.elements.x00181065 === undefined ? undefined : decimals(dataSet, 'x00181065'),
    stampsMs: (dataSet.elements.x52009230?.items ?? []).map(({ dataSet: frame }) => stampMs(firstItem(frame, 'x00209111'))),
    cineRate: decimal(dataSet, 'x00180040'),
    recommendedRate: decimal(dataSet, 'x00082144'),
  };
}

/** Frame Reference DateTime, else Frame Acquisition DateTime (PS3.3 C.7.6.16.2.2), as milliseconds; NaN where there is none. */
function stampMs(content: DataSet | undefined): number {
  const stamp = content && (text(content, 'x00189151') ?? text(content, 'x00189074'));
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d(?:\.\d+)?)/.exec(stamp ?? '');
  if (parts === null) return Number.NaN;
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number) as [number, number, number, number, number, number];
  return Date.UTC(year, month - 1, day, hour, minute) + second * 1000;
}
