import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/app-error.ts';
import {
  type FrameHeader,
  frameHeaderBytes,
  readFrameHeader,
  views,
  wirePixelFormats,
  writeFrameHeader,
} from '../../src/protocol/frame-header.ts';

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const header = fc.record({
  codec: fc.integer({ min: 0, max: 255 }),
  flags: fc.integer({ min: 0, max: 127 }),
  pixelFormat: fc.constantFrom(...wirePixelFormats),
  view: fc.constantFrom(...views),
  stream: u32,
  sequence: u32,
  capturedAtUs: fc.integer({ min: 0, max: 2 ** 53 - 1 }),
  processingUs: u32,
  width: fc.integer({ min: 1, max: 8192 }),
  height: fc.integer({ min: 1, max: 8192 }),
  keySequence: u32,
  payloadBytes: fc.constant(16),
  crc32: u32,
  epoch: fc.integer({ min: 0, max: 0xffff }),
});

const write = (value: FrameHeader): DataView => {
  const bytes = new DataView(new ArrayBuffer(frameHeaderBytes + 16));
  writeFrameHeader(bytes, value);
  return bytes;
};

describe('frame header', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(header, (value) => {
        expect(readFrameHeader(write(value))).toEqual(value);
      }),
    );
  });

  it('has its fields where docs/protocol.md says', () => {
    const bytes = write({
      codec: 0,
      flags: 3,
      pixelFormat: 'RGB24',
      view: 'raw',
      stream: 1,
      sequence: 0x01020304,
      capturedAtUs: 2 ** 40,
      processingUs: 5,
      width: 640,
      height: 480,
      keySequence: 9,
      payloadBytes: 16,
      crc32: 7,
      epoch: 0x0506,
    });
    expect(Buffer.from(bytes.buffer).toString('hex').slice(0, 96)).toBe(
      '4c430106000301010100000004030201000000000001000005000000' + '8002e001' + '09000000' + '10000000' + '07000000' + '0605a401',
    );
  });

  it('is refused where any bit of it was turned over, and read where it has no check', () => {
    fc.assert(
      fc.property(header, fc.nat(8 * 46 - 1), (value, bit) => {
        const bytes = write(value);
        bytes.setUint8(bit >> 3, bytes.getUint8(bit >> 3) ^ (1 << (bit & 7)));
        expect(() => readFrameHeader(bytes)).toThrow(AppError);
      }),
    );
    fc.assert(
      fc.property(header, (value) => {
        const bytes = write(value);
        bytes.setUint16(46, 0, true);
        expect(readFrameHeader(bytes)).toEqual(value);
      }),
    );
  });

  it('answers any bytes with a header or a coded error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), header, fc.nat(63), fc.nat(255), (noise, value, at, byte) => {
        const mutant = write(value);
        mutant.setUint8(at, byte);
        for (const bytes of [mutant, new DataView(noise.buffer, noise.byteOffset, noise.length)]) {
          try {
            readFrameHeader(bytes);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(AppError);
          }
        }
      }),
    );
  });
});
