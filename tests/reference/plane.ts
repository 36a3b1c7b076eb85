/** Level of a neighbour. */
export type Level = (dx: number, dy: number) => number;

/** Numbers of a picture with its edges replicated. */
export class Plane {
  readonly #values: ArrayLike<number>;
  readonly #first: number;
  readonly #stride: number;
  readonly #width: number;
  readonly #height: number;

  constructor(values: ArrayLike<number>, first: number, stride: number, width: number, height: number) {
    this.#values = values;
    this.#first = first;
    this.#stride = stride;
    this.#width = width;
    this.#height = height;
  }

  at(x: number, y: number): number {
    return this.#values[this.#first + clamp(y, this.#height - 1) * this.#stride + clamp(x, this.#width - 1)] as number;
  }

  /** The box of 2 radius + 1 pixels around one, line by line. */
  around(x: number, y: number, radius: number): number[] {
    const box: number[] = [];
    for (let dy = -radius; dy <= radius; dy++) for (let dx = -radius; dx <= radius; dx++) box.push(this.at(x + dx, y + dy));
    return box;
  }
}

export const clamp = (value: number, last: number): number => Math.min(Math.max(value, 0), last);

export function each(width: number, height: number, visit: (x: number, y: number) => void): void {
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) visit(x, y);
}

/** To single precision: what one instruction of the kernels leaves. */
export const f32 = Math.fround;

/** A product of two Q15 numbers as Q15, rounded. */
export const quotientOfQ15 = (product: number): number => Math.floor((product + 16_384) / 32_768);

/** A float to the nearest whole number, ties to even; `magic` is 1.5 * 2^23, and what is to be added to the result. */
export const toNearestEven = (value: number, magic = 12_582_912): number => f32(value + magic) - 12_582_912;
