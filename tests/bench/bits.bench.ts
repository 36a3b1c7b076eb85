import { openRecording } from '../../device-drivers/replay/open-recording.ts';
import { type Codec, type PictureShape, pictureBytes } from '../../src/codec/codec.ts';
import { evenSide } from '../../src/codec/i420.ts';
import { openCodecs } from '../../src/codec/node-codecs.ts';
import { loadWebCodecs } from '../../src/codec/webcodecs.ts';
import { frameBytes } from '../../src/frame/frame-format.ts';
import { type CodecName, codecNames } from '../../src/protocol/tiers.ts';
import { VideoEncoder } from '../../src/stream/video-encoder.ts';
import { bitsOfPicture, countedFps } from '../../src/stream/video-orders.ts';
import { haveRecordings, recording } from '../support/recordings.ts';

/*
 * node scripts/bench.mjs bits
 * Bits of the tiers on the real recordings in ../shared/data, played twice (a key frame is needed once), as shares of the pixels as
 * they are: one byte a pixel, also where a recording is stored as RGB (its grey is taken). Video as it leaves the encoder's process;
 * PSNR of the whole picture, of what comes out of the decoder that is bundled with the encoder. Goals: video at most 1/23 at 38 dB or
 * more, exact at most 0.30. What each codec costs to encode, for a byte of the picture as it is: the least of a recording's pictures, the
 * median of the recordings (src/codec/codec.ts says the same).
 */

const recordings = [
  'us/us_echo_a4c_sequoia_65f_clean.dcm',
  'us/us_echo_sonosite_30f_ybr422.dcm',
  'us_tracked/tracked_spine_phantom_21f.mha',
  'us_tracked/tracked_nwire_phantom_97f.mha',
  'us_tracked/tracked_endocavity_rotation_200f.mha',
  'us_tracked/tracked_fcal_3nwires_190f.mha',
  'xa/xa_coronary_rca_96f_jpeg8.dcm',
] as const;
const most = 100;

if (!haveRecordings) throw new Error('the recordings are missing: ../shared/data');
const codecs = await openCodecs();
const { VideoDecoder, EncodedVideoChunk } = loadWebCodecs();
const costs = new Map<CodecName, number[]>(codecNames.map((name) => [name, []]));
const totals = { raw: 0, video: 0, thin: 0, exact: 0 };

console.log('recording                                        size        video          dB (worst)   video-thin     dB     exact');
for (const file of recordings) {
  const { picture, frames, intervalMs } = await greyFrames(file);
  const video = await encodeAll(picture, [...frames, ...frames], bitsOfPicture('video', picture, intervalMs));
  const thin = await encodeAll(picture, [...frames, ...frames], bitsOfPicture('video-thin', picture, intervalMs));
  const raw = frames.length * pictureBytes(picture);
  const exact = frames.reduce((sum, pixels) => sum + codecs['jpeg-ls'].encode(picture, pixels).length, 0);
  totals.raw += raw;
  totals.video += video.bytes / 2;
  totals.thin += thin.bytes / 2;
  totals.exact += exact;
  for (const name of codecNames) if (name !== 'h264') costs.get(name)?.push(costOf(codecs[name], picture, frames));
  costs.get('h264')?.push((video.leastMs * 1e6) / pictureBytes(picture));
  const share = (bytes: number): string => `1/${((2 * raw) / bytes).toFixed(1)}`.padEnd(8);
  console.log(
    `${file.padEnd(48)} ${`${picture.width}x${picture.height}`.padEnd(11)} ${share(video.bytes)} ${video.ms.toFixed(1).padStart(5)} ms ${video.psnr.toFixed(2)} (${video.worst.toFixed(1)})  ${share(thin.bytes)} ${thin.ms.toFixed(1).padStart(5)} ms ${thin.psnr.toFixed(1)}  ${(exact / raw).toFixed(3)}`,
  );
}
console.log(
  `all: video 1/${(totals.raw / totals.video).toFixed(1)} (goal: 1/23 at 38 dB), video-thin 1/${(totals.raw / totals.thin).toFixed(1)}, exact ${(totals.exact / totals.raw).toFixed(3)} (goal: 0.30); Node ${process.version}`,
);

console.log(
  `ns a byte: ${[...costs].map(([name, all]) => `${name} ${median(all).toFixed(1)} (${all.map((ns) => ns.toFixed(1)).join(', ')})`).join('; ')}`,
);

function costOf(codec: Codec, picture: PictureShape, frames: readonly Uint8Array[]): number {
  const took = frames.map((pixels) => {
    const startMs = performance.now();
    codec.encode(picture, pixels);
    return performance.now() - startMs;
  });
  return (Math.min(...took) * 1e6) / pictureBytes(picture);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

async function greyFrames(file: string): Promise<{ picture: PictureShape; frames: Uint8Array[]; intervalMs: number }> {
  const { format, frames: count, decode } = await openRecording(recording(file));
  const rgb = format.pixelFormat === 'RGB24';
  const frames: Uint8Array[] = [];
  const pixels = new Uint8Array(frameBytes(format));
  for (let index = 0; index < Math.min(count, most); index++) {
    await decode(index, pixels);
    frames.push(rgb ? pixels.filter((_, at) => at % 3 === 1) : pixels.slice());
  }
  return { picture: { width: format.width, height: format.height, pixelFormat: 'GREY' }, frames, intervalMs: format.frameIntervalMs ?? 33 };
}

async function encodeAll(picture: PictureShape, frames: readonly Uint8Array[], bitsEach: number) {
  using encoder = new VideoEncoder();
  const bitsPerSecond = Math.round(bitsEach * countedFps);
  const chunks: { readonly key: boolean; readonly bits: Uint8Array }[] = [];
  const took: number[] = [];
  for (const pixels of frames) {
    const startMs = performance.now();
    const { key, bits } = await encoder.encode(picture, pixels, bitsPerSecond, false);
    took.push(performance.now() - startMs);
    chunks.push({ key, bits: Uint8Array.from(bits) });
  }
  const quality = await decodeAll(picture, frames, chunks);
  return {
    bytes: chunks.reduce((sum, { bits }) => sum + bits.length, 0),
    ms: median(took),
    leastMs: Math.min(...took),
    ...quality,
  };
}

async function decodeAll(
  picture: PictureShape,
  frames: readonly Uint8Array[],
  chunks: readonly { readonly key: boolean; readonly bits: Uint8Array }[],
): Promise<{ psnr: number; worst: number }> {
  const decoded: VideoFrame[] = [];
  const decoder = new VideoDecoder({
    output: (frame) => decoded.push(frame),
    error: (error) => {
      throw error;
    },
  });
  decoder.configure({ codec: 'avc1.640033', optimizeForLatency: true });
  chunks.forEach(({ key, bits }, timestamp) => {
    decoder.decode(new EncodedVideoChunk({ type: key ? 'key' : 'delta', timestamp, data: bits }));
  });
  await decoder.flush();
  const errors: number[] = [];
  for (const [index, frame] of decoded.entries()) {
    const bytes = new Uint8Array(frame.allocationSize());
    const [luma] = await frame.copyTo(bytes);
    errors.push(meanSquareError(picture, frames[index] as Uint8Array, bytes, luma?.stride ?? evenSide(picture.width)));
    frame.close();
  }
  const dB = (error: number): number => 10 * Math.log10(255 ** 2 / Math.max(error, 1e-3));
  if (errors.length !== frames.length) throw new Error(`${errors.length} of ${frames.length} pictures came back`);
  // Of the mean error: a picture that nothing moves in does not make up for one that is bad.
  return { psnr: dB(errors.reduce((sum, error) => sum + error, 0) / errors.length), worst: dB(Math.max(...errors)) };
}

function meanSquareError({ width, height }: PictureShape, pixels: Uint8Array, luma: Uint8Array, stride: number): number {
  let sum = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const grey = Math.min(255, Math.max(0, Math.round((((luma[y * stride + x] as number) - 16) * 255) / 219)));
      sum += (grey - (pixels[y * width + x] as number)) ** 2;
    }
  }
  return sum / (width * height);
}
