import type { ScanSink } from '../../device-drivers/usb-probe/probe.ts';

/** What a parser made of the bytes. */
export class SeenScan implements ScanSink {
  readonly pictures: Uint8Array[] = [];
  readonly losses = new Map<string, number>();
  readonly #bytes: number;

  constructor(pictureBytes: number) {
    this.#bytes = pictureBytes;
  }

  picture(_firstAtNs: bigint, fill: (pixels: Uint8Array) => void): void {
    const pixels = new Uint8Array(this.#bytes).fill(0xa5);
    fill(pixels);
    this.pictures.push(pixels);
  }

  lost(name: string, count: number): void {
    this.losses.set(name, (this.losses.get(name) ?? 0) + count);
  }

  lostOf(name: string): number {
    return this.losses.get(`usb-probe/${name}`) ?? 0;
  }
}

export const bmvLine = { words: 3900, lines: 80, head: 7 } as const;

/** One picture of a BMV convex as it is on the wire: every sample tells its picture, line and place. */
export function bmvPicture(number: number): Uint8Array {
  const picture = new Int16Array(bmvLine.words * bmvLine.lines);
  for (let line = 0; line < bmvLine.lines; line++) {
    const at = line * bmvLine.words;
    for (let sample = bmvLine.head; sample < bmvLine.words - 1; sample++) {
      picture[at + sample] = ((number * 7 + line * 31 + sample * 3) % 8001) - 4000;
    }
    picture[at] = 0x7fff;
    picture[at + 2] = number;
  }
  return new Uint8Array(picture.buffer);
}

const seemore = { samples: 2048 } as const;

/** Grey of the body at an angle (0 to 1) and a depth: speckle that is the same wherever a line between two columns falls. */
function body(place: number, sample: number): number {
  const column = place * 60;
  const left = Math.floor(column);
  const share = column - left;
  return speckle(left, sample >> 3) * (1 - share) + speckle(left + 1, sample >> 3) * share;
}

const speckle = (column: number, depth: number): number => (Math.imul(column * 613 + depth * 7919 + 11, 2_654_435_761) >>> 24) & 0xff;

/**
 * Lines of a swinging probe: each sweep has its own number of lines, every second one runs back, odd numbers count from 1 whenever it
 * has been there and back.
 */
export function sweptLines(sweeps: readonly number[]): Uint8Array {
  const lines: Uint8Array[] = [];
  for (const [sweep, count] of sweeps.entries()) {
    for (let step = 0; step < count; step++) {
      const line = new Uint8Array(seemore.samples);
      // It turns round between two lines.
      const way = (step + 0.8) / count;
      const isBack = sweep % 2 === 1;
      const bow = 0.0125 * Math.sin(Math.PI * way);
      const place = isBack ? 1 - way - bow : way + bow;
      for (let sample = 4; sample < line.length; sample++) line[sample] = body(place, sample);
      const inTurn = (isBack ? (sweeps[sweep - 1] as number) : 0) + step;
      line[1] = (inTurn * 2 + 1) & 0xff;
      lines.push(line);
    }
  }
  return Buffer.concat(lines);
}

/** In pieces of these sizes in turn, as a bus might cut it. */
export function* pieces(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] as number;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}
