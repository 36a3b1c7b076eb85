import dcmjsCodecs from 'dcmjs-codecs';
import { checkedCodestream } from './codestream.ts';
import type { Coding } from './transfer-syntax.ts';

const { Context, log, NativeCodecs } = dcmjsCodecs;

/** What a frame is said to hold. */
export interface FrameShape {
  readonly width: number;
  readonly height: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly samplesPerPixel: number;
  readonly signed: boolean;
  readonly planar: boolean;
  readonly photometric: string;
}

export interface DecodedFrame {
  readonly bytes: Uint8Array;
  readonly shape: FrameShape;
}

type CompressedCoding = Exclude<Coding, 'native' | 'refused'>;

const decoders = {
  rle: 'decodeRle',
  jpeg: 'decodeJpeg',
  'jpeg-ls': 'decodeJpegLs',
  // OpenJPEG reads both, classic and high-throughput blocks.
  'jpeg-2000': 'decodeJpeg2000',
} as const satisfies Record<CompressedCoding, keyof typeof NativeCodecs>;

/** The WebAssembly codecs of this thread, with at most 2 GiB of memory; must have resolved before the first frame is decoded. */
export async function openCodecs(): Promise<void> {
  // What is wrong with a frame is thrown; the codecs print it as well, with assertions of their own.
  log.setLevel('silent');
  if (!NativeCodecs.isInitialized()) await NativeCodecs.initializeAsync();
}

/** Decodes one compressed frame; rejects with an Error that says what is wrong with a damaged one. One at a time. */
export async function decompress(coding: CompressedCoding, encoded: Uint8Array, shape: FrameShape): Promise<DecodedFrame> {
  const codestream = checkedCodestream(coding, encoded, shape);
  let decoded: InstanceType<typeof Context>;
  try {
    decoded = NativeCodecs[decoders[coding]](contextOf(codestream, shape));
  } catch (thrown) {
    // A codec leaves through an exception with its stack and its buffers in disorder: it is replaced before it is used again.
    await NativeCodecs.initializeAsync();
    throw thrown;
  }
  return {
    bytes: decoded.getDecodedBuffer() ?? new Uint8Array(0),
    shape: {
      width: decoded.getWidth() ?? 0,
      height: decoded.getHeight() ?? 0,
      bitsAllocated: decoded.getBitsAllocated() ?? 0,
      bitsStored: decoded.getBitsStored() ?? 0,
      samplesPerPixel: decoded.getSamplesPerPixel() ?? 0,
      signed: decoded.getPixelRepresentation() === 1,
      planar: decoded.getPlanarConfiguration() === 1,
      photometric: decoded.getPhotometricInterpretation() ?? '',
    },
  };
}

function contextOf(encodedBuffer: Uint8Array, shape: FrameShape): InstanceType<typeof Context> {
  return new Context({
    width: shape.width,
    height: shape.height,
    bitsAllocated: shape.bitsAllocated,
    bitsStored: shape.bitsStored,
    samplesPerPixel: shape.samplesPerPixel,
    pixelRepresentation: shape.signed ? 1 : 0,
    planarConfiguration: shape.planar ? 1 : 0,
    photometricInterpretation: shape.photometric,
    encodedBuffer,
  });
}
