/** Between ticks that are still told apart, tile pixels. */
const tickApartPx = 4;
/** Between numbers, of their own size: as close as lines of text. */
const numberApart = 1.6;
/** A tile that shows less than this has a number at every centimetre. */
const closeUpCm = 9;

export interface RulerSteps {
  readonly tickEveryCm: number;
  readonly numberEveryCm: number;
}

/** Which centimetres of a depth ruler get a tick and a number, so that neither runs into the next on a small tile. */
export function rulerSteps(pxPerCm: number, tileHeightPx: number, fontPx: number): RulerSteps {
  const closeUp = tileHeightPx / pxPerCm < closeUpCm;
  const fits = (everyCm: number): boolean => everyCm * pxPerCm >= numberApart * fontPx;
  const numberEveryCm = [...(closeUp ? [1] : []), 5, 10, 20].find(fits) ?? 50;
  return { tickEveryCm: pxPerCm < tickApartPx ? 5 : 1, numberEveryCm };
}
