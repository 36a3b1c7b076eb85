import Type, { type Static } from 'typebox';
import { bytesPerPixel, type FrameFormat, maxSide } from '../frame/frame-format.ts';
import { type Colour, Drawing } from './drawing.ts';
import type { Stage } from './stage.ts';

const place = (description: string) => Type.Number({ minimum: -maxSide, maximum: 2 * maxSide, description });
const thickness = Type.Optional(Type.Number({ default: 2, minimum: 0.5, maximum: 50, description: 'pixels' }));
const colour = Type.Optional(Type.String({ pattern: '^#[0-9a-fA-F]{6}$', default: '#ffd23f', description: 'as in #ffd23f' }));

const shape = Type.Union([
  Type.Object(
    {
      kind: Type.Literal('line'),
      x0: place('column of one end'),
      y0: place('row of one end'),
      x1: place('column of the other'),
      y1: place('row of the other'),
      thickness,
      colour,
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      kind: Type.Literal('circle'),
      x: place('column of the centre'),
      y: place('row of the centre'),
      radius: Type.Number({ minimum: 0.5, maximum: 2 * maxSide, description: 'pixels' }),
      thickness,
      colour,
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      kind: Type.Literal('text'),
      x: place('left column'),
      y: place('upper row'),
      text: Type.String({ maxLength: 120, description: 'a line; no patient data' }),
      size: Type.Optional(Type.Number({ default: 2, minimum: 0.5, maximum: 20, description: 'pixels of a dot; a letter has 5 by 7' })),
      colour,
    },
    { additionalProperties: false },
  ),
]);
type Shape = Static<typeof shape>;

const options = Type.Object(
  {
    shapes: Type.Array(shape, {
      title: 'Shapes',
      default: [],
      maxItems: 200,
      description: 'lines, circles and text, in pixels of the picture',
    }),
    opacity: Type.Number({ title: 'Opacity', default: 1, minimum: 0.1, maximum: 1, multipleOf: 0.1, description: 'of all shapes' }),
  },
  { additionalProperties: false },
);
type Options = Static<typeof options>;

/** Lines, circles and text in colour as part of the pixels: for exports, hard copy and monitors that draw nothing themselves. */
export const annotation: Stage<typeof options> = {
  name: 'annotation',
  title: 'Burnt-in annotations',
  options,
  output(input, { shapes }) {
    if (shapes.length === 0 || (input.pixelFormat !== 'GREY' && input.pixelFormat !== 'RGB24')) return undefined;
    return { ...input, pixelFormat: 'RGB24', bytesPerLine: input.width * bytesPerPixel.RGB24 };
  },
  reach: () => Number.POSITIVE_INFINITY,
  scratchBytes: ({ width, height }) => Drawing.bytes(width, height),
  open(input, first, { kernels, memory, scratch }) {
    const { width, height, bytesPerLine } = input;
    const spans = scratch + 4 * width * height;
    const drawing = new Drawing(
      new Uint8Array(memory, scratch, 4 * width * height),
      new Uint16Array(memory, spans, 2 * height),
      width,
      height,
    );
    drawAll(drawing, first);
    const row = width * bytesPerPixel.RGB24;
    const copy = copier(input);
    return {
      configure: (next) => drawAll(drawing, next),
      apply(source, target) {
        copy(source, target);
        kernels.blendPlane(target, row, width, height, 3, scratch, spans);
      },
    };

    function copier({ pixelFormat }: FrameFormat): (source: number, target: number) => void {
      if (pixelFormat === 'GREY') return (source, target) => kernels.greyToRgb(source, bytesPerLine, target, row, width, height);
      return (source, target) => kernels.copyRows(source, bytesPerLine, target, row, row, height);
    }
  },
};

function drawAll(drawing: Drawing, { shapes, opacity }: Options): void {
  drawing.clear();
  for (const one of shapes) draw(drawing, one, colourOf(one.colour ?? '#ffd23f', opacity));
}

function draw(drawing: Drawing, one: Shape, ink: Colour): void {
  switch (one.kind) {
    case 'line':
      drawing.line(one.x0, one.y0, one.x1, one.y1, one.thickness ?? 2, ink);
      break;
    case 'circle':
      drawing.circle(one.x, one.y, one.radius, one.thickness ?? 2, ink);
      break;
    case 'text':
      drawing.text(one.x, one.y, one.text, one.size ?? 2, ink);
      break;
  }
}

function colourOf(text: string, opacity: number): Colour {
  const value = Number.parseInt(text.slice(1), 16);
  return { red: value >> 16, green: (value >> 8) & 255, blue: value & 255, opacity };
}
