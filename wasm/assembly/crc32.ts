/** CRC-32 of ISO-HDLC (zlib, PNG; polynomial 0x04C11DB7, here with its bits reversed), sixteen bytes at a time by sixteen tables. */
const polynomial: u32 = 0xedb88320;

/** Fills 16 * 256 u32: table k holds what a byte has become after k more bytes of zero. */
export function crc32Tables(tables: usize): void {
  for (let value: u32 = 0; value < 256; value++) {
    let crc = value;
    for (let after: usize = 0; after < 16; after++) {
      for (let bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (polynomial & (0 - (crc & 1)));
      store<u32>(tables + ((after << 8) + value << 2), crc);
    }
  }
}

/** The checksum of `length` bytes. */
export function crc32(source: usize, length: usize, tables: usize): u32 {
  let state: u32 = 0xffffffff;
  let at = source;
  const end = source + length;
  for (const last = at + (length & ~15); at < last; at += 16) {
    state =
      word(state ^ load<u32>(at), tables + 12 * 1024) ^
      word(load<u32>(at, 4), tables + 8 * 1024) ^
      word(load<u32>(at, 8), tables + 4 * 1024) ^
      word(load<u32>(at, 12), tables);
  }
  for (; at < end; at++) state = state >> 8 ^ load<u32>(tables + ((<usize>(state ^ load<u8>(at)) & 0xff) << 2));
  return ~state;
}

/** What four bytes have become, by four tables of which the first is for the last of them. */
@inline
function word(bytes: u32, tables: usize): u32 {
  return (
    load<u32>(tables + ((<usize>bytes & 0xff) << 2), 3 * 1024) ^
    load<u32>(tables + ((<usize>(bytes >> 8) & 0xff) << 2), 2 * 1024) ^
    load<u32>(tables + ((<usize>(bytes >> 16) & 0xff) << 2), 1024) ^
    load<u32>(tables + ((<usize>bytes >> 24) << 2))
  );
}
