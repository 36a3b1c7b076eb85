/**
 * A phantom to look at: speckle, a cyst without echoes, and a target that moves with the frames. Places are 0 to 1 across and along
 * the depth; echoes are 0 to 1. The speckle stands still, so that pictures of the same phase are equal.
 */
export function echoAt(across: number, depth: number, phase: number): number {
  if (depth < 0.02) return 0.9;
  const cyst = Math.hypot(across - 0.35, depth - 0.45) < 0.12;
  const target = Math.hypot(across - 0.5 - 0.25 * Math.cos(2 * Math.PI * phase), depth - 0.7) < 0.05;
  const wires = Math.abs(across - 0.75) < 0.01 && Math.abs((depth * 10) % 1) < 0.08;
  if (target || wires) return 1;
  return (cyst ? 0.03 : 0.25 + 0.35 * speckle(across * 97, depth * 311)) * Math.exp(-1.2 * depth);
}

/** 0 to 1, smooth over one unit. */
function speckle(x: number, y: number): number {
  return 0.5 + 0.5 * Math.sin(x * 12.9898 + Math.sin(y * 78.233) * 4.37) * Math.sin(y * 3.11 + Math.sin(x * 39.425) * 5.13);
}

/** One bit a line, the lowest first: what a frame's number looks like inside its own samples, for a test to read it there. */
export const numberedLines = { bits: 16, from: 64, samples: 64 } as const;

/** `put(line, sample, isOne)` writes one sample of the number. */
export function writeNumber(number: number, put: (line: number, sample: number, isOne: boolean) => void): void {
  const { bits, from, samples } = numberedLines;
  for (let line = 0; line < bits; line++) {
    for (let sample = from; sample < from + samples; sample++) put(line, sample, ((number >> line) & 1) === 1);
  }
}

/** The number again; `level(line, sample)` is above 0 for a one. */
export function numberIn(level: (line: number, sample: number) => number): number {
  const { bits, from, samples } = numberedLines;
  let number = 0;
  for (let line = 0; line < bits; line++) if (level(line, from + (samples >> 1)) > 0) number |= 1 << line;
  return number;
}
