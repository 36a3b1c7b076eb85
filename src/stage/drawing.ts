import { eachDot, glyphWidth } from './glyphs.ts';

export interface Colour {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
  /** 0 to 1. */
  readonly opacity: number;
}

/**
 * Draws into an RGBA plane of width * height with smooth edges: pixels are points at whole numbers, and of a shape's border they get the share
 * that lies on their side. Remembers for each row which columns are drawn upon, as the kernel `blendPlane` wants it.
 */
export class Drawing {
  readonly #pixels: Uint8Array;
  /** First column and the one after the last, for each row. */
  readonly #spans: Uint16Array;
  readonly #width: number;
  readonly #height: number;

  constructor(pixels: Uint8Array, spans: Uint16Array, width: number, height: number) {
    this.#pixels = pixels;
    this.#spans = spans;
    this.#width = width;
    this.#height = height;
  }

  static bytes(width: number, height: number): number {
    return 4 * width * height + 4 * height;
  }

  clear(): void {
    this.#pixels.fill(0);
    this.#spans.fill(0);
  }

  /** A straight line with round ends. */
  line(x0: number, y0: number, x1: number, y1: number, thickness: number, colour: Colour): void {
    const [dx, dy] = [x1 - x0, y1 - y0];
    const squared = dx * dx + dy * dy;
    const reach = thickness / 2 + 1;
    this.#cover(Math.min(x0, x1) - reach, Math.min(y0, y1) - reach, Math.max(x0, x1) + reach, Math.max(y0, y1) + reach, colour, (x, y) => {
      const along = squared === 0 ? 0 : Math.min(Math.max(((x - x0) * dx + (y - y0) * dy) / squared, 0), 1);
      return thickness / 2 + 0.5 - Math.hypot(x - x0 - along * dx, y - y0 - along * dy);
    });
  }

  /** The outline of a circle. */
  circle(x: number, y: number, radius: number, thickness: number, colour: Colour): void {
    const reach = radius + thickness / 2 + 1;
    this.#cover(x - reach, y - reach, x + reach, y + reach, colour, (px, py) => {
      return thickness / 2 + 0.5 - Math.abs(Math.hypot(px - x, py - y) - radius);
    });
  }

  /** Letters of 5x7 dots, each `size` pixels wide; x, y: the upper left pixel of the first. A pixel between dots gets its share of each. */
  text(x: number, y: number, text: string, size: number, colour: Colour): void {
    const columns = text.length * (glyphWidth + 1);
    const dots = new Set<number>();
    eachDot(text, (column, row) => dots.add(row * columns + column));
    const [left, top] = [x - 0.5, y - 0.5];
    this.#cover(x - 1, y - 1, x + columns * size + 1, y + glyphHeight * size + 1, colour, (px, py) => {
      let share = 0;
      for (let row = Math.floor((py - 0.5 - top) / size); row * size < py + 0.5 - top; row++) {
        for (let column = Math.max(Math.floor((px - 0.5 - left) / size), 0); column * size < px + 0.5 - left; column++) {
          if (column < columns && dots.has(row * columns + column))
            share += overlap(px - left, column * size, size) * overlap(py - top, row * size, size);
        }
      }
      return share;
    });
  }

  /** Every pixel of a box, as far as it lies in the picture, by the share of it that a shape covers. */
  #cover(x0: number, y0: number, x1: number, y1: number, colour: Colour, shareOf: (x: number, y: number) => number): void {
    const [right, bottom] = [Math.min(Math.ceil(x1), this.#width - 1), Math.min(Math.ceil(y1), this.#height - 1)];
    for (let y = Math.max(Math.floor(y0), 0); y <= bottom; y++) {
      for (let x = Math.max(Math.floor(x0), 0); x <= right; x++) {
        const share = Math.min(shareOf(x, y), 1) * colour.opacity;
        if (share > 0) this.#lay(x, y, colour, share);
      }
    }
  }

  /** Porter and Duff's `over`, on colours that are not multiplied by their alpha. */
  #lay(x: number, y: number, { red, green, blue }: Colour, share: number): void {
    const at = 4 * (y * this.#width + x);
    const before = (this.#pixels[at + 3] as number) / 255;
    const after = share + before * (1 - share);
    const mixed = (level: number, under: number): number => Math.round((level * share + under * before * (1 - share)) / after);
    this.#pixels[at] = mixed(red, this.#pixels[at] as number);
    this.#pixels[at + 1] = mixed(green, this.#pixels[at + 1] as number);
    this.#pixels[at + 2] = mixed(blue, this.#pixels[at + 2] as number);
    this.#pixels[at + 3] = Math.round(after * 255);
    const [first, end] = [this.#spans[2 * y] as number, this.#spans[2 * y + 1] as number];
    this.#spans[2 * y] = end === 0 ? x : Math.min(first, x);
    this.#spans[2 * y + 1] = Math.max(end, x + 1);
  }
}

const glyphHeight = 7;

/** How much of a pixel around `centre` a dot covers along one axis. */
const overlap = (centre: number, start: number, size: number): number =>
  Math.max(Math.min(centre + 0.5, start + size) - Math.max(centre - 0.5, start), 0);
