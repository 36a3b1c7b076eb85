import type { Kernels } from '../../wasm/kernels.ts';

/** Readable twins of wasm/assembly/ultrasound.ts. */
export function ultrasoundTwins(buffer: ArrayBufferLike): Pick<Kernels, 'iqEnvelope' | 'rfEnvelope'> {
  const bytes = new Uint8Array(buffer);
  const view = new DataView(buffer);
  const i16 = (at: number): number => view.getInt16(at, true);
  const word = new DataView(new ArrayBuffer(4));
  const levelOf = (power: number, table: number): number => {
    word.setFloat32(0, power);
    return bytes[table + (word.getUint32(0) >>> 15)] as number;
  };

  return {
    iqEnvelope(inPhase, quadrature, step, sourceStride, target, targetStride, samples, lines, table) {
      each(samples, lines, (x, y) => {
        const from = y * sourceStride + x * step;
        bytes[target + y * targetStride + x] = levelOf(i16(inPhase + from) ** 2 + i16(quadrature + from) ** 2, table);
      });
    },
    rfEnvelope(source, sourceStride, target, targetStride, samples, lines, taps, count, table) {
      const { fround } = Math;
      each(samples, lines, (x, y) => {
        let [real, imaginary] = [0, 0];
        for (let tap = 0; tap < count; tap++) {
          const at = x + tap - (count >> 1);
          const sample = at < 0 || at >= samples ? 0 : i16(source + y * sourceStride + 2 * at);
          real = fround(real + fround(sample * view.getFloat32(taps + 8 * tap, true)));
          imaginary = fround(imaginary + fround(sample * view.getFloat32(taps + 8 * tap + 4, true)));
        }
        bytes[target + y * targetStride + x] = levelOf(fround(fround(real * real) + fround(imaginary * imaginary)), table);
      });
    },
  };
}

function each(width: number, height: number, visit: (x: number, y: number) => void): void {
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) visit(x, y);
}
