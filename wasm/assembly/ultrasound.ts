// Raw ultrasound: the strength of the echo along each line, compressed to grey levels. The table is addressed by the upper sixteen bits
// below the sign of the power as a 32-bit float: eight of exponent and eight of mantissa, 1/512 of the power at most.

@inline
function compressed(power: f32, table: usize): u8 {
  return load<u8>(table + (<usize>reinterpret<u32>(power) >> 15));
}

// `step`: bytes from sample to sample of the same part.
export function iqEnvelope(
  inPhase: usize, quadrature: usize, step: usize, sourceStride: usize, target: usize, targetStride: usize, samples: i32, lines: i32,
  table: usize,
): void {
  for (let line = 0; line < lines; line++) {
    let i = inPhase;
    let q = quadrature;
    for (let x = 0; x < samples; x++) {
      const a = <i32>load<i16>(i);
      const b = <i32>load<i16>(q);
      store<u8>(target + x, compressed(<f32>(<u32>(a * a) + <u32>(b * b)), table));
      i += step;
      q += step;
    }
    inPhase += sourceStride;
    quadrature += sourceStride;
    target += targetStride;
  }
}

// A complex filter: `taps` holds for each tap its real and its imaginary part, f32; the line is continued by silence. Scratch: a line
// of f32 with `count` more than its samples, and sixteen.
export function rfEnvelope(
  source: usize, sourceStride: usize, target: usize, targetStride: usize, samples: i32, lines: i32,
  taps: usize, count: i32, table: usize, scratch: usize,
): void {
  const half = <usize>(count >> 1) << 2;
  const room = (<usize>(samples + count + 16)) << 2;
  memory.fill(scratch, 0, room);
  for (let line = 0; line < lines; line++) {
    for (let x = 0; x < samples; x++) store<f32>(scratch + half + (<usize>x << 2), <f32>load<i16>(source + (<usize>x << 1)));
    let x = 0;
    for (; x < samples; x += 16) {
      const from = scratch + (<usize>x << 2);
      let r0 = f32x4.splat(0), r1 = f32x4.splat(0), r2 = f32x4.splat(0), r3 = f32x4.splat(0);
      let i0 = f32x4.splat(0), i1 = f32x4.splat(0), i2 = f32x4.splat(0), i3 = f32x4.splat(0);
      for (let tap = 0; tap < count; tap++) {
        const real = v128.load32_splat(taps + (<usize>tap << 3));
        const imaginary = v128.load32_splat(taps + (<usize>tap << 3), 4);
        const at = from + (<usize>tap << 2);
        const s0 = v128.load(at), s1 = v128.load(at, 16), s2 = v128.load(at, 32), s3 = v128.load(at, 48);
        r0 = f32x4.add(r0, f32x4.mul(s0, real));
        i0 = f32x4.add(i0, f32x4.mul(s0, imaginary));
        r1 = f32x4.add(r1, f32x4.mul(s1, real));
        i1 = f32x4.add(i1, f32x4.mul(s1, imaginary));
        r2 = f32x4.add(r2, f32x4.mul(s2, real));
        i2 = f32x4.add(i2, f32x4.mul(s2, imaginary));
        r3 = f32x4.add(r3, f32x4.mul(s3, real));
        i3 = f32x4.add(i3, f32x4.mul(s3, imaginary));
      }
      compressed4(powers(r0, i0), target + x, samples - x, table);
      compressed4(powers(r1, i1), target + x + 4, samples - x - 4, table);
      compressed4(powers(r2, i2), target + x + 8, samples - x - 8, table);
      compressed4(powers(r3, i3), target + x + 12, samples - x - 12, table);
    }
    source += sourceStride;
    target += targetStride;
  }
}

@inline
function powers(real: v128, imaginary: v128): v128 {
  return f32x4.add(f32x4.mul(real, real), f32x4.mul(imaginary, imaginary));
}

@inline
function compressed4(power: v128, to: usize, left: i32, table: usize): void {
  if (left > 0) store<u8>(to, compressed(f32x4.extract_lane(power, 0), table));
  if (left > 1) store<u8>(to, compressed(f32x4.extract_lane(power, 1), table), 1);
  if (left > 2) store<u8>(to, compressed(f32x4.extract_lane(power, 2), table), 2);
  if (left > 3) store<u8>(to, compressed(f32x4.extract_lane(power, 3), table), 3);
}
