import dcmjsCodecs from 'dcmjs-codecs';
import { checkedCodestream } from './codestream.ts';
import { decodeRle } from './rle.ts';
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
  jpeg: 'decodeJpeg',
  'jpeg-ls': 'decodeJpegLs',
  // OpenJPEG reads both, classic and high-throughput blocks.
  'jpeg-2000': 'decodeJpeg2000',
} as const satisfies Record<Exclude<CompressedCoding, 'rle'>, keyof typeof NativeCodecs>;

/** The WebAssembly codecs of this thread, with at most 2 GiB of memory; must have resolved before the first frame is decoded. */
export async function openCodecs(): Promise<void> {
  // What is wrong with a frame is thrown; the codecs print it as well, with assertions of their own.
  log.setLevel('silent', false);
  if (!NativeCodecs.isInitialized()) await startCodecs();
}

const startCodecs = (): Promise<void> => NativeCodecs.initializeAsync({ logCodecsInfo: true });

/** Decodes one compressed frame; rejects with an Error that says what is wrong with a damaged one. One at a time. */
export async function decompress(coding: CompressedCoding, encoded: Uint8Array, shape: FrameShape): Promise<DecodedFrame> {
  if (coding === 'rle') {
    const { bytes, bitsAllocated } = decodeRle(encoded, shape);
    return { bytes, shape: { ...shape, bitsAllocated, planar: true } };
  }
  const codestream = checkedCodestream(coding, encoded, shape);
  const remarks: string[] = [];
  let decoded: InstanceType<typeof Context>;
  try {
    if (coding === 'jpeg') listen(remarks);
    decoded = NativeCodecs[decoders[coding]](contextOf(codestream, shape));
  } catch (thrown) {
    // A codec leaves through an exception with its stack and its buffers in disorder: it is replaced before it is used again.
    await startCodecs();
    throw thrown instanceof WebAssembly.RuntimeError ? new Error('the decoder gave it up', { cause: thrown }) : thrown;
  } finally {
    log.setLevel('silent', false);
  }
  const damage = jpegDamage(remarks, codestream);
  if (damage !== undefined) throw new Error(damage);
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

/** libjpeg gives a picture whatever its data are; what it finds wrong with them it only says. */
function listen(remarks: string[]): void {
  log.methodFactory = () => (text: unknown) => void remarks.push(String(text));
  log.setLevel('info', false);
}

/** What makes a part of the picture another one, by libjpeg's own messages; undefined: nothing. */
function jpegDamage(remarks: readonly string[], codestream: Uint8Array): string | undefined {
  for (const remark of remarks) {
    const [, words] = /Corrupt JPEG data: (.*)/.exec(remark) ?? [];
    if (words === undefined) continue;
    const [, extra] = /^(\d+) extraneous bytes before marker 0xd9/.exec(words) ?? [];
    if (extra === undefined || !isPadded(codestream, Number(extra))) return `its JPEG data are damaged: ${words}`;
  }
  return undefined;
}

/** Some writers fill up with zeros before the end marker. */
function isPadded(codestream: Uint8Array, bytes: number): boolean {
  const end = Buffer.from(codestream.buffer, codestream.byteOffset, codestream.byteLength).lastIndexOf(Buffer.of(0xff, 0xd9));
  return end >= bytes && codestream.subarray(end - bytes, end).every((byte) => byte === 0);
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
