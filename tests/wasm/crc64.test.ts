import { expect, it } from 'vitest';
import { Crc64 } from '../../wasm/crc64.ts';
import { slowCrc64 } from '../support/openigtlink/messages.ts';

it('is the checksum of the protocol, in any pieces and by any number of lanes', async () => {
  const crc = await Crc64.open(32_768);
  crc.bytes.set(Buffer.from('123456789'));
  expect(crc.over(0, 9).toString(16)).toBe('6c40df5f0b497347');
  crc.bytes.forEach((_, at) => {
    crc.bytes[at] = (at * 131) >> 2;
  });
  for (const length of [0, 1, 7, 8, 9, 63, 1000, 4095, 4096, 4097, 12_345, 20_001]) {
    expect(crc.over(3, length), `${length}`).toBe(slowCrc64(crc.bytes.subarray(3, 3 + length)));
    expect(crc.over(3 + (length >> 1), length - (length >> 1), crc.over(3, length >> 1))).toBe(crc.over(3, length));
  }
  expect(() => crc.over(0, crc.bytes.length + 1)).toThrow(RangeError);
});

it('keeps the bytes of one room from those of another', async () => {
  const roomOf = await Crc64.load();
  const [one, two] = [roomOf(16), roomOf(16)];
  one.bytes.fill(1, 0, 8);
  expect(two.over(0, 8)).toBe(0n);
});
