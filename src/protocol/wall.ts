import Type, { type Static } from 'typebox';
import { exact, StreamId } from './schema.ts';

export const mostSide = 3;
export const mostCells = mostSide * mostSide;

export const WallSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 40, description: 'of the layout; no patient data' }),
    columns: Type.Integer({ minimum: 1, maximum: mostSide, description: 'pictures beside each other' }),
    rows: Type.Integer({ minimum: 1, maximum: mostSide, description: 'pictures below each other' }),
    cells: Type.Array(
      Type.Object(
        {
          stream: Type.Optional(StreamId),
          kept: Type.Optional(Type.String({ pattern: '^[0-9a-f]{16}$', description: 'a still or a clip' })),
        },
        exact('what stands there; neither: nothing'),
      ),
      { minItems: 1, maxItems: mostCells, description: 'row by row' },
    ),
    linked: Type.Boolean({ description: 'zoom, place and grey window of one picture hold for all of them' }),
  },
  exact('which pictures stand where'),
);

export type Wall = Static<typeof WallSchema>;
export type WallCell = Wall['cells'][number];
