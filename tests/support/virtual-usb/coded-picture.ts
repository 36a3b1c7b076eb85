/**
 * Pictures that tell their own number, whatever was done to their colours: the top rows are black and white bars, one bit each
 * (white is 1, the highest bit first), the number and its complement; below lies a ramp.
 */
export const codedPicture = { bits: 32, barRows: 32, black: 16, white: 235 } as const;

/** Luma of a picture, one byte a pixel. The width is a multiple of 32. */
export function codedLuma(width: number, height: number, number: number): Uint8Array {
  const luma = new Uint8Array(width * height);
  drawRamp(luma, width, height);
  drawNumber(luma, width, 1, number);
  return luma;
}

/** Writes the bars into rows of `step` bytes a pixel, of which the first is luma or all are the same. */
export function drawNumber(into: Uint8Array, width: number, step: number, number: number): void {
  const { bits, barRows, black, white } = codedPicture;
  const barPixels = width / bits;
  for (let x = 0; x < width; x++) {
    const bit = (codeOf(number) >>> (bits - 1 - Math.floor(x / barPixels))) & 1;
    for (let row = 0; row < barRows; row++) into[(row * width + x) * step] = bit === 1 ? white : black;
  }
}

/** The number, or undefined where the bars contradict each other: a torn or damaged picture. `level(x, y)`: brightness, 0 to 255. */
export function readNumber(width: number, level: (x: number, y: number) => number): number | undefined {
  const { bits, barRows } = codedPicture;
  const barPixels = width / bits;
  let code = 0;
  for (let bit = 0; bit < bits; bit++) {
    code = (code << 1) | (level(Math.floor((bit + 0.5) * barPixels), barRows >> 1) > 127 ? 1 : 0);
  }
  const number = code >>> 16;
  return (code & 0xffff) === (~number & 0xffff) ? number : undefined;
}

/** 16 bits of number, then the same 16 inverted. */
const codeOf = (number: number): number => (((number & 0xffff) << 16) | (~number & 0xffff)) >>> 0;

function drawRamp(luma: Uint8Array, width: number, height: number): void {
  for (let y = codedPicture.barRows; y < height; y++) {
    for (let x = 0; x < width; x++) luma[y * width + x] = 16 + ((x + y) % 220);
  }
}
