import dcmjsCodecs from 'dcmjs-codecs';

const { Context, NativeCodecs } = dcmjsCodecs;

/** What a compressed frame is said to hold. */
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

type Decode = (context: InstanceType<typeof Context>) => InstanceType<typeof Context>;

/** Transfer syntaxes (PS3.5 §10) whose frames are compressed, and who decodes them. */
const decoders: Readonly<Record<string, Decode>> = {
  '1.2.840.10008.1.2.5': (context) => NativeCodecs.decodeRle(context),
  '1.2.840.10008.1.2.4.50': (context) => NativeCodecs.decodeJpeg(context),
  '1.2.840.10008.1.2.4.57': (context) => NativeCodecs.decodeJpeg(context),
  '1.2.840.10008.1.2.4.70': (context) => NativeCodecs.decodeJpeg(context),
  '1.2.840.10008.1.2.4.80': (context) => NativeCodecs.decodeJpegLs(context),
  '1.2.840.10008.1.2.4.81': (context) => NativeCodecs.decodeJpegLs(context),
  '1.2.840.10008.1.2.4.90': (context) => NativeCodecs.decodeJpeg2000(context),
  '1.2.840.10008.1.2.4.91': (context) => NativeCodecs.decodeJpeg2000(context),
  '1.2.840.10008.1.2.4.201': (context) => NativeCodecs.decodeJpeg2000(context),
  '1.2.840.10008.1.2.4.202': (context) => NativeCodecs.decodeJpeg2000(context),
  '1.2.840.10008.1.2.4.203': (context) => NativeCodecs.decodeJpeg2000(context),
};

export const canDecode = (transferSyntax: string): boolean => transferSyntax in decoders;

/** Must have resolved before the first decode. */
export async function openCodecs(): Promise<void> {
  if (!NativeCodecs.isInitialized()) await NativeCodecs.initializeAsync();
}

export interface DecodedFrame {
  readonly bytes: Uint8Array;
  readonly shape: FrameShape;
}

/** Decodes one compressed frame; throws what the codec says of a damaged one. The bytes are valid until the next call. */
export function decompress(transferSyntax: string, encoded: Uint8Array, shape: FrameShape): DecodedFrame {
  const decode = decoders[transferSyntax];
  if (decode === undefined) throw new Error(`no decoder for ${transferSyntax}`);
  if (transferSyntax === '1.2.840.10008.1.2.5') checkRleHeader(encoded, shape);
  const context = new Context({
    width: shape.width,
    height: shape.height,
    bitsAllocated: shape.bitsAllocated,
    bitsStored: shape.bitsStored,
    samplesPerPixel: shape.samplesPerPixel,
    pixelRepresentation: shape.signed ? 1 : 0,
    planarConfiguration: shape.planar ? 1 : 0,
    photometricInterpretation: shape.photometric,
    encodedBuffer: encoded,
  });
  const decoded = decode(context);
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

/** The decoder believes any header (PS3.5 G.5): one segment per byte of a pixel, offsets rising from 64 inside the frame. */
function checkRleHeader(encoded: Uint8Array, { samplesPerPixel, bitsAllocated }: FrameShape): void {
  if (encoded.length < 64) throw new Error('shorter than an RLE header');
  const header = new DataView(encoded.buffer, encoded.byteOffset, 64);
  const segments = header.getUint32(0, true);
  if (segments !== samplesPerPixel * (bitsAllocated / 8)) throw new Error(`${segments} RLE segments`);
  let before = 63;
  for (let segment = 1; segment <= segments; segment++) {
    const offset = header.getUint32(4 * segment, true);
    if (offset <= before || offset >= encoded.length) throw new Error(`RLE segment ${segment} begins at ${offset}`);
    before = offset;
  }
}
