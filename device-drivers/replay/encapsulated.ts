/** Where the bytes of one encapsulated frame stand in the file: one range a fragment. */
export type FrameRanges = readonly { readonly at: number; readonly bytes: number }[];

/**
 * Fragments → frames (PS3.5 A.4). The offset table is used only where it fits the fragments; without one the start
 * markers of the codecs tell where a frame begins.
 */
export function framesOf(
  fragments: readonly { readonly offset: number; readonly position: number; readonly length: number }[],
  offsets: readonly number[],
  announced: number,
  bytes: Uint8Array,
): FrameRanges[] {
  const ranges = fragments.map(({ position, length }) => ({ at: position, bytes: length }));
  const table = startsByTable(fragments, offsets, announced);
  // A table of too few frames (often one entry for all) yields to the markers where they find more.
  const markers = table?.length === announced ? [] : startsByMarker(ranges, announced, bytes);
  const starts = table !== undefined && (markers.length <= table.length || markers.length > announced) ? table : markers;
  return starts.map((first, index) => ranges.slice(first, starts[index + 1] ?? ranges.length));
}

function startsByTable(
  fragments: readonly { readonly offset: number }[],
  offsets: readonly number[],
  announced: number,
): number[] | undefined {
  if (offsets.length === 0 || offsets.length > announced) return undefined;
  const places = new Map(fragments.map(({ offset }, index) => [offset, index]));
  const starts = offsets.map((offset) => places.get(offset));
  const rising = starts.every((start, index) => start !== undefined && (index === 0 ? start === 0 : start > (starts[index - 1] ?? -1)));
  return rising ? (starts as number[]) : undefined;
}

function startsByMarker(ranges: FrameRanges, announced: number, bytes: Uint8Array): number[] {
  const all = ranges.map((_, index) => index);
  if (ranges.length === announced) return all;
  const starts = all.filter((index) => isStart(bytes, ranges[index]?.at ?? 0));
  if (ranges.length > announced) return starts[0] === 0 ? starts : announced === 1 ? [0] : all;
  // Cut off: single frames that lost their marker stay frames; where most fragments have none, several make a frame.
  return starts[0] === 0 && starts.length * 2 <= ranges.length ? starts : all;
}

/** SOI of JPEG and JPEG-LS (FFD8 FF), SOC and SIZ of JPEG 2000 and HTJ2K (FF4F FF51). */
function isStart(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] !== 0xff) return false;
  return (bytes[at + 1] === 0xd8 && bytes[at + 2] === 0xff) || (bytes[at + 1] === 0x4f && bytes[at + 2] === 0xff);
}
