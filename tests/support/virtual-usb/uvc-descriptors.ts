import { bulkEndpoint, describe, descriptorType, type Identity, interfaceOf, long, word } from './descriptors.ts';
import type { Descriptors } from './virtual-device.ts';

/** Codes of USB Device Class Definition for Video Devices 1.1, appendix A. */
const video = { class: 14, control: 1, streaming: 2, collection: 3 } as const;
const controlUnit = { header: 1, inputTerminal: 2, outputTerminal: 3 } as const;
const streamUnit = { inputHeader: 1, uncompressedFormat: 4, uncompressedFrame: 5, mjpegFormat: 6, mjpegFrame: 7 } as const;
const terminal = { camera: 0x0201, streaming: 0x0101 } as const;

export const uvcEndpoint = 0x81;
export const uvcFormats = { YUYV: 1, MJPG: 2 } as const;
export const streamingInterface = 1;

/** GUID of YUY2, as the class's document on uncompressed payloads gives it. */
const yuy2 = [...Buffer.from('YUY2'), 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71];

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** One camera with YUYV and MJPG, each in every size, at one rate. */
export function describeUvc(identity: Identity, sizes: readonly Size[], intervalMs: number): Descriptors {
  const interval = Math.round(intervalMs * 10_000);
  const frame = (subtype: number, { width, height }: Size, index: number): number[] => {
    const bytes = width * height * 2;
    const bitsPerSecond = Math.min(0xffffffff, Math.round((bytes * 8 * 1000) / intervalMs));
    return [
      ...[30, descriptorType.classInterface, subtype, index + 1, 0, ...word(width), ...word(height)],
      ...[...long(bitsPerSecond), ...long(bitsPerSecond), ...long(bytes), ...long(interval), 1, ...long(interval)],
    ];
  };
  const formats = [
    ...[27, descriptorType.classInterface, streamUnit.uncompressedFormat, uvcFormats.YUYV, sizes.length, ...yuy2, 16, 1, 0, 0, 0, 0],
    ...sizes.flatMap((size, index) => frame(streamUnit.uncompressedFrame, size, index)),
    ...[11, descriptorType.classInterface, streamUnit.mjpegFormat, uvcFormats.MJPG, sizes.length, 0, 1, 0, 0, 0, 0],
    ...sizes.flatMap((size, index) => frame(streamUnit.mjpegFrame, size, index)),
  ];
  const inputHeader = 13 + Object.keys(uvcFormats).length;
  const units = [
    ...[18, descriptorType.classInterface, controlUnit.inputTerminal, 1, ...word(terminal.camera), 0, 0, ...word(0), ...word(0)],
    ...[...word(0), 3, 0, 0, 0],
    ...[9, descriptorType.classInterface, controlUnit.outputTerminal, 2, ...word(terminal.streaming), 0, 1, 0],
  ];
  return describe(identity, [0xef, 2, 1], 2, [
    [8, descriptorType.association, 0, 2, video.class, video.collection, 0, 0],
    interfaceOf(0, 0, 0, [video.class, video.control, 0]),
    [
      ...[13, descriptorType.classInterface, controlUnit.header, ...word(0x0110), ...word(13 + units.length), ...long(48_000_000)],
      ...[1, streamingInterface],
    ],
    units,
    // Over bulk the only alternate is 0: UVC 1.1 §2.4.3.
    interfaceOf(streamingInterface, 0, 1, [video.class, video.streaming, 0]),
    [
      ...[inputHeader, descriptorType.classInterface, streamUnit.inputHeader, Object.keys(uvcFormats).length],
      ...[...word(inputHeader + formats.length), uvcEndpoint, 0, 2, 0, 0, 0, 1, 0, 0],
    ],
    formats,
    bulkEndpoint(uvcEndpoint),
  ]);
}
