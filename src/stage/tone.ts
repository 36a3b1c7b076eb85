import Type, { type Static } from 'typebox';
import type { Stage } from './stage.ts';

const options = Type.Object(
  {
    gamma: Type.Number({
      title: 'Gamma',
      default: 1,
      minimum: 0.2,
      maximum: 5,
      description: 'above 1 dark tissue becomes brighter, below 1 darker; black and white stay',
    }),
    localContrast: Type.Number({
      title: 'Local contrast',
      default: 0,
      minimum: 0,
      maximum: 10,
      description: 'limit of the contrast that each part of the picture may gain; 0: off, 2 is usual',
    }),
    tiles: Type.Integer({
      title: 'Parts',
      default: 8,
      minimum: 1,
      maximum: 16,
      description: 'of the picture along each side for local contrast',
    }),
    invert: Type.Boolean({ title: 'Invert', default: false, description: 'black becomes white' }),
  },
  { additionalProperties: false },
);
type Options = Static<typeof options>;

const mostTiles = 16;
const tableBytes = mostTiles * mostTiles * 512;
/** For the counters of a tile (4096 bytes), then for the tables of a row. */
const rowBytes = 1024 * (mostTiles + 1);
const pairBytes = 65_536 * 2;

/** Gamma, local contrast (CLAHE) and inversion of grey pictures of 8 bits. */
export const tone: Stage<typeof options> = {
  name: 'tone',
  title: 'Tone',
  options,
  output: (input, given) => (input.pixelFormat === 'GREY' && !(isPlain(given) && given.localContrast === 0) ? input : undefined),
  reach: (_input, { localContrast }) => (localContrast === 0 ? 0 : Number.POSITIVE_INFINITY),
  scratchBytes: ({ width, height }) => tableBytes + rowBytes + 256 + pairBytes + width * height,
  open({ width, height }, first, { kernels, memory, scratch }) {
    const [tables, row] = [scratch, scratch + tableBytes];
    const curve = row + rowBytes;
    const pairs = curve + 256;
    const between = pairs + pairBytes;
    const levels = new Uint8Array(memory, curve, 256);
    let given = first;
    const bend = (): void => {
      fillCurve(levels, given);
      kernels.pairLevels(curve, pairs);
    };
    bend();
    return {
      configure(next) {
        given = next;
        bend();
      },
      apply(source, target) {
        const { localContrast, tiles } = given;
        if (localContrast === 0) {
          kernels.mapLevels(source, width, target, width, width, height, pairs);
          return;
        }
        const [tilesX, tilesY] = [Math.min(tiles, width), Math.min(tiles, height)];
        const plain = isPlain(given);
        kernels.tileTables(source, width, width, height, tilesX, tilesY, localContrast, tables, row);
        kernels.equalize(source, width, plain ? target : between, width, width, height, tilesX, tilesY, tables, row);
        if (!plain) kernels.mapLevels(between, width, target, width, width, height, pairs);
      },
    };
  },
};

const isPlain = ({ gamma, invert }: Options): boolean => gamma === 1 && !invert;

function fillCurve(levels: Uint8Array, { gamma, invert }: Options): void {
  for (let level = 0; level < 256; level++) {
    const bent = Math.round(255 * (level / 255) ** (1 / gamma));
    levels[level] = invert ? 255 - bent : bent;
  }
}
