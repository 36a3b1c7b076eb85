import Type from 'typebox';
import { bytesPerPixel } from '../frame/frame-format.ts';
import type { Stage } from './stage.ts';

/** Stops of each map from dark to bright in equal steps; between them linear. Luminance rises all the way, so no detail is lost. */
const maps = {
  grey: [
    [0, 0, 0],
    [255, 255, 255],
  ],
  sepia: [
    [0, 0, 0],
    [94, 58, 28],
    [188, 140, 84],
    [255, 240, 208],
  ],
  ice: [
    [0, 0, 0],
    [18, 52, 98],
    [92, 150, 196],
    [240, 252, 255],
  ],
  hot: [
    [0, 0, 0],
    [140, 0, 0],
    [246, 110, 0],
    [255, 222, 70],
    [255, 255, 255],
  ],
  // Ten steps of the map by van der Walt and Smith (matplotlib, CC0): equal steps of grey look equal.
  viridis: [
    [68, 1, 84],
    [72, 40, 120],
    [62, 73, 137],
    [49, 104, 142],
    [38, 130, 142],
    [31, 158, 137],
    [53, 183, 121],
    [110, 206, 88],
    [181, 222, 43],
    [253, 231, 37],
  ],
} as const;
type MapName = keyof typeof maps;

const options = Type.Object(
  {
    map: Type.Unsafe<MapName>(
      Type.Union(
        (Object.keys(maps) as MapName[]).map((name) => Type.Literal(name)),
        { title: 'Map', default: 'sepia', description: 'colours from dark to bright' },
      ),
    ),
  },
  { additionalProperties: false },
);

/** Grey levels as colours. */
export const colourMap: Stage<typeof options> = {
  name: 'colour-map',
  title: 'Colour map',
  options,
  output(input, { map }) {
    if (input.pixelFormat !== 'GREY' || map === 'grey') return undefined;
    return { ...input, pixelFormat: 'RGB24', bytesPerLine: input.width * bytesPerPixel.RGB24 };
  },
  reach: () => 0,
  scratchBytes: () => 256 * 4,
  open({ width, height }, first, { kernels, memory, scratch }) {
    const table = new Uint32Array(memory, scratch, 256);
    fillTable(table, first.map);
    return {
      configure: ({ map }) => fillTable(table, map),
      apply: (source, target) => kernels.colourMap(source, width, target, width * 3, width, height, scratch),
    };
  },
};

function fillTable(table: Uint32Array, name: MapName): void {
  const stops: readonly (readonly [number, number, number])[] = maps[name];
  for (let level = 0; level < 256; level++) {
    const at = (level / 255) * (stops.length - 1);
    const from = stops[Math.floor(at)] ?? [0, 0, 0];
    const to = stops[Math.ceil(at)] ?? from;
    const [r, g, b] = [0, 1, 2].map((c) => Math.round((from[c] ?? 0) + ((to[c] ?? 0) - (from[c] ?? 0)) * (at % 1))) as [
      number,
      number,
      number,
    ];
    table[level] = r | (g << 8) | (b << 16);
  }
}
