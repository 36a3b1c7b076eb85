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

/** Goes on from `crc`, which is 0 at the start, over `length` bytes. */
export function crc64(source: usize, length: usize, tables: usize, crc: u64): u64 {
  let state = bswap<u64>(crc);
  let at = source;
  const end = source + length;
  for (const last = source + (length & ~7); at < last; at += 8) {
    state ^= load<u64>(at);
    state =
      load<u64>(tables + entry(state), 7 * 2048) ^
      load<u64>(tables + entry(state >> 8), 6 * 2048) ^
      load<u64>(tables + entry(state >> 16), 5 * 2048) ^
      load<u64>(tables + entry(state >> 24), 4 * 2048) ^
      load<u64>(tables + entry(state >> 32), 3 * 2048) ^
      load<u64>(tables + entry(state >> 40), 2 * 2048) ^
      load<u64>(tables + entry(state >> 48), 2048) ^
      load<u64>(tables + entry(state >> 56));
  }
  for (; at < end; at++) state = state >> 8 ^ load<u64>(tables + entry(state ^ load<u8>(at)));
  return bswap<u64>(state);
}

@inline
function entry(state: u64): usize {
  return (<usize>state & 0xff) << 3;
}
