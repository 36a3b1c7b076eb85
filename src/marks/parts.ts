/**
 * What a mark is to a measurement that stands on several of them, by the kinds that can be that. Of the marks of an examination one at most is
 * each. Outlines of the cavity and their long axes are named by view and end of diastole (ed) or systole (es).
 */
export const partsByKind = {
  area: ['a4c-ed', 'a4c-es', 'a2c-ed', 'a2c-es'],
  distance: ['a4c-ed-axis', 'a4c-es-axis', 'a2c-ed-axis', 'a2c-es-axis', 'reference', 'lesion'],
  polyline: ['envelope'],
} as const;

export type Part = (typeof partsByKind)[keyof typeof partsByKind][number];

/** Outlines of the cavity, in the order in which they are asked for. */
export const ventricleParts = partsByKind.area;
export type VentriclePart = (typeof ventricleParts)[number];

/** At these the heart rate is wanted. */
export const endDiastolicParts: readonly Part[] = ['a4c-ed', 'a2c-ed'];
