/** A hand at 60 events a second reaches it after half a minute. */
export const mostPoints = 2000;

/** Points that a mark of each kind has, least and most. */
export const pointCounts = {
  distance: [2, 2],
  polyline: [2, mostPoints],
  angle: [3, 3],
  ellipse: [3, 3],
  area: [3, mostPoints],
  point: [1, 1],
  arrow: [2, 2],
  text: [1, 1],
  'body-marker': [1, 1],
} as const satisfies Readonly<Record<string, readonly [number, number]>>;
