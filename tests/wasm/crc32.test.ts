import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect, it } from 'vitest';
import { Crc32 } from '../../wasm/crc32.ts';
import { seeded } from '../support/mutant.ts';

it('is that of zlib, over any length and from any place', async () => {
  const checksum = new Crc32(await WebAssembly.compile(await readFile(resolve(import.meta.dirname, '../../wasm/build/crc32.wasm'))));
  const random = seeded(5);
  const bytes = Uint8Array.from({ length: 200_000 }, () => random(256));
  expect(checksum.of(Buffer.from('123456789')).toString(16)).toBe('cbf43926');
  for (const length of [0, 1, 3, 15, 16, 17, 31, 32, 1000, 65_535, 65_536, 65_537, 199_990]) {
    const part = bytes.subarray(7, 7 + length);
    expect(checksum.of(part), `${length}`).toBe(crc32(part));
  }
});
