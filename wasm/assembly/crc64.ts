/**
 * CRC-64 of ECMA-182 (polynomial 0x42F0E1EBA9EA3693, most significant bit first, initial value 0), eight bytes at a time by
 * eight tables. The state and the tables are kept with their bytes reversed, so that a little-endian load needs no turning.
 */
const polynomial: u64 = 0x42f0e1eba9ea3693;

/** Fills 8 * 256 u64: table k holds what a byte has become after k more bytes of zero. */
export function crc64Tables(tables: usize): void {
  for (let value = 0; value < 256; value++) {
    let crc = <u64>value << 56;
    for (let after = 0; after < 8; after++) {
      for (let bit = 0; bit < 8; bit++) crc = crc << 1 ^ (polynomial & (0 - (crc >> 63)));
      store<u64>(tables + ((after * 256 + value) << 3), bswap<u64>(crc));
    }
  }
}

/** Below this the lanes cost more than they gain. */
const shortest: usize = 4096;

/**
 * Goes on from `crc`, which is 0 at the start, over `length` bytes. A step waits for the one before: three lanes, each over a third
 * of the bytes, keep the loads busy in the meantime, and the remainder of one is shifted over the bytes of the next.
 */
export function crc64(source: usize, length: usize, tables: usize, crc: u64): u64 {
  let state = bswap<u64>(crc);
  let at = source;
  const end = source + length;
  if (length >= shortest) {
    const third = length / 3 & ~7;
    let second: u64 = 0;
    let last: u64 = 0;
    for (const stop = source + third; at < stop; at += 8) {
      state = step(state ^ load<u64>(at), tables);
      second = step(second ^ load<u64>(at + third), tables);
      last = step(last ^ load<u64>(at + third + third), tables);
    }
    const over = power(third);
    const joined = times(bswap<u64>(state), over) ^ bswap<u64>(second);
    state = bswap<u64>(times(joined, over) ^ bswap<u64>(last));
    at = source + 3 * third;
  }
  for (const last = at + (end - at & ~7); at < last; at += 8) state = step(state ^ load<u64>(at), tables);
  for (; at < end; at++) state = state >> 8 ^ load<u64>(tables + entry(state ^ load<u8>(at)));
  return bswap<u64>(state);
}

@inline
function step(state: u64, tables: usize): u64 {
  return (
    load<u64>(tables + entry(state), 7 * 2048) ^
    load<u64>(tables + entry(state >> 8), 6 * 2048) ^
    load<u64>(tables + entry(state >> 16), 5 * 2048) ^
    load<u64>(tables + entry(state >> 24), 4 * 2048) ^
    load<u64>(tables + entry(state >> 32), 3 * 2048) ^
    load<u64>(tables + entry(state >> 40), 2 * 2048) ^
    load<u64>(tables + entry(state >> 48), 2048) ^
    load<u64>(tables + entry(state >> 56))
  );
}

@inline
function entry(state: u64): usize {
  return (<usize>state & 0xff) << 3;
}

/** The product of two polynomials over GF(2), modulo the CRC's. */
function times(a: u64, b: u64): u64 {
  let product: u64 = 0;
  for (let bit = 63; bit >= 0; bit--) {
    product = product << 1 ^ (polynomial & (0 - (product >> 63)));
    product ^= a & (0 - (b >> bit & 1));
  }
  return product;
}

/** What a remainder is multiplied by when `bytes` zeros follow: x to the power of 8 a byte. */
function power(bytes: usize): u64 {
  let result: u64 = 1;
  let square: u64 = 1 << 8;
  for (let left = bytes; left > 0; left >>= 1) {
    if (left & 1) result = times(result, square);
    square = times(square, square);
  }
  return result;
}
