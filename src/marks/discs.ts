import { crossesItself, distance, midpoint } from './geometry.ts';
import type { MarkOf, Point } from './mark.ts';
import { type MeasuredPicture, scaleUnder, toMm } from './scale.ts';

/**
 * Volume of the left ventricle by the method of discs and ejection fraction: Lang et al., J Am Soc Echocardiogr 2015;28:1-39 (ASE/EACVI
 * chamber quantification), with the formula of Schiller et al. 1989;2:358-367: V = pi/4 * sum(a_i * b_i) * L/20.
 */

/** Discs that a ventricle is cut into. */
export const discCount = 20;

/** One apical view, in millimetres of the patient. */
export interface ApicalView {
  /** Closed outline of the cavity, papillary muscles and trabeculae inside it. */
  readonly outlineMm: readonly Point[];
  /** From the middle of the mitral annulus to the apex: both views must run the same way, since their discs are paired. */
  readonly longAxisMm: readonly [Point, Point];
}

export type NoVolume =
  | 'the outline is not calibrated'
  | 'outline and long axis lie in different regions'
  | 'outline and long axis lie on different frames'
  | 'the outline crosses itself'
  | 'the long axis has no length'
  | 'the long axis reaches beyond the outline'
  | 'the outline is closed: choose a caliper as its long axis or trace from annulus to annulus';

export interface Volume {
  readonly ml: number;
  readonly longAxisMm: number;
  /** By how much the shorter long axis of two views falls behind the longer; a large difference says that a view is foreshortened. */
  readonly longAxesDifferPercent: number;
}

/** A traced cavity and its long axis, drawn from the annulus to the apex, as a view in millimetres. */
export function apicalView(picture: MeasuredPicture, outline: MarkOf<'area'>, axis: readonly [Point, Point]): ApicalView | NoVolume {
  const scale = scaleUnder(picture, [...outline.points, ...axis]);
  if (scale.of === 'pixels' && scale.reason === 'across two regions') return 'outline and long axis lie in different regions';
  if (scale.of !== 'lengths') return 'the outline is not calibrated';
  const [base, apex] = axis;
  return {
    outlineMm: outline.points.map((point) => toMm(scale.region, point)),
    longAxisMm: [toMm(scale.region, base), toMm(scale.region, apex)],
  };
}

/**
 * Mitral annuli are 28 to 34 mm wide on average (parasternal long axis; Dwivedi et al. 2014, doi:10.1530/ERP-14-0050), a third of the length of a normal ventricle and
 * a fifth of a very dilated one: what gapes less than this share of the axis was drawn round to where it began, which may be anywhere.
 */
const leastAnnulusShare = 0.1;

/**
 * The long axis of a cavity whose outline was drawn from one end of the mitral annulus over the apex to the other: from the middle of the
 * annulus, which is the side that closes the outline, to the place farthest from it in the patient (Lang et al. 2015). A closed outline has none.
 */
export function longAxisOf(picture: MeasuredPicture, { points }: MarkOf<'area'>): readonly [Point, Point] | NoVolume {
  const base = midpoint(points[0]!, points.at(-1)!);
  const scale = scaleUnder(picture, points);
  const place = scale.of === 'lengths' ? (point: Point): Point => toMm(scale.region, point) : (point: Point): Point => point;
  const from = place(base);
  const apex = points.reduce((farthest, point) => (distance(from, place(point)) > distance(from, place(farthest)) ? point : farthest));
  const annulus = distance(place(points[0]!), place(points.at(-1)!));
  if (annulus < leastAnnulusShare * distance(from, place(apex)))
    return 'the outline is closed: choose a caliper as its long axis or trace from annulus to annulus';
  return [base, apex];
}

/** Method of discs in one view (each disc round) or in two at right angles (each disc an ellipse of both diameters). */
export function volumeByDiscs(view: ApicalView, secondView: ApicalView = view): Volume | NoVolume {
  const first = discDiametersMm(view);
  const second = secondView === view ? first : discDiametersMm(secondView);
  if (typeof first === 'string') return first;
  if (typeof second === 'string') return second;
  const [one, other] = [distance(...view.longAxisMm), distance(...secondView.longAxisMm)];
  const longAxisMm = Math.max(one, other);
  const products = first.reduce((sum, diameter, index) => sum + diameter * second[index]!, 0);
  return {
    ml: ((Math.PI / 4) * products * (longAxisMm / discCount)) / 1000,
    longAxisMm,
    longAxesDifferPercent: (100 * Math.abs(one - other)) / longAxisMm,
  };
}

/** Diameters in the middle of each disc, from annulus to apex, across the long axis; of a cavity with a notch what lies inside. */
export function discDiametersMm({ outlineMm, longAxisMm: [base, apex] }: ApicalView): readonly number[] | NoVolume {
  const length = distance(base, apex);
  if (length === 0) return 'the long axis has no length';
  if (crossesItself(outlineMm)) return 'the outline crosses itself';
  const along = { x: (apex.x - base.x) / length, y: (apex.y - base.y) / length };
  const turned = outlineMm.map(({ x, y }) => ({
    along: (x - base.x) * along.x + (y - base.y) * along.y,
    across: (y - base.y) * along.x - (x - base.x) * along.y,
  }));
  const diameters = Array.from({ length: discCount }, (_, disc) => widthAt(turned, ((disc + 0.5) * length) / discCount));
  return diameters.includes(0) ? 'the long axis reaches beyond the outline' : diameters;
}

interface TurnedPoint {
  readonly along: number;
  readonly across: number;
}

/** How much of a line across the axis lies within the outline. */
function widthAt(outline: readonly TurnedPoint[], level: number): number {
  const crossings: number[] = [];
  for (const [index, a] of outline.entries()) {
    const b = outline[(index + 1) % outline.length]!;
    // A corner on the line belongs to one of its sides only, so crossings come in pairs.
    if (a.along < level === b.along < level) continue;
    crossings.push(a.across + ((level - a.along) / (b.along - a.along)) * (b.across - a.across));
  }
  crossings.sort((a, b) => a - b);
  return crossings.reduce((width, across, index) => width + (index % 2 === 0 ? -across : across), 0);
}

export interface Ejection {
  readonly edvMl: number;
  readonly esvMl: number;
  readonly strokeVolumeMl: number;
  readonly efPercent: number;
}

/** (EDV - ESV) / EDV, Lang et al. 2015; undefined where the ventricle would be larger at the end of systole: the frames are confused. */
export function ejectionOf(edvMl: number, esvMl: number): Ejection | undefined {
  if (!(edvMl > 0 && esvMl >= 0 && esvMl <= edvMl)) return undefined;
  const strokeVolumeMl = edvMl - esvMl;
  return { edvMl, esvMl, strokeVolumeMl, efPercent: (100 * strokeVolumeMl) / edvMl };
}
