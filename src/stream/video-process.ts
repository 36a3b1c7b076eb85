import { readSync } from 'node:fs';
import { h264Ask } from '../codec/h264.ts';
import { i420Bytes } from '../codec/i420.ts';
import { loadWebCodecs } from '../codec/webcodecs.ts';
import { answerBytes, countedFps, orderBytes, pictureDescriptor, readOrder, type VideoOrder, writeAnswer } from './video-orders.ts';

/** A process that encodes H.264 and nothing else: a codec that crashes here, or hangs, hurts nobody. Ends with its standard input. */

const { VideoEncoder, VideoFrame } = loadWebCodecs();

const encoder = new VideoEncoder({
  output(chunk) {
    const answer = writeAnswer(chunk.byteLength, chunk.type === 'key');
    chunk.copyTo(answer.subarray(answerBytes));
    process.stdout.write(answer);
  },
  error(error) {
    process.stderr.write(error.message);
    process.exit(1);
  },
});
let opened = '';
let pictures = 0;
let picture = Buffer.alloc(0);
let unread = Buffer.alloc(0);

process.stdin.on('data', (data: Buffer) => {
  unread = Buffer.concat([unread, data]);
  for (; unread.length >= orderBytes; unread = unread.subarray(orderBytes)) encode(readOrder(unread));
});
process.stdin.on('end', () => process.exit());

function encode({ width, height, bitsPerSecond, key }: VideoOrder): void {
  const bytes = i420Bytes({ width, height });
  if (picture.length !== bytes) picture = Buffer.alloc(bytes);
  readSync(pictureDescriptor, picture, 0, bytes, 0);
  open(width, height, bitsPerSecond);
  const frame = new VideoFrame(picture, { format: 'I420', codedWidth: width, codedHeight: height, timestamp: pictures });
  pictures += 1e6 / countedFps;
  encoder.encode(frame, { keyFrame: key });
  frame.close();
}

/** The encoder writes the level that the size needs. `quality` is x264 without look-ahead too, and with 250 frames from key to key; `realtime` has 10. */
function open(width: number, height: number, bitrate: number): void {
  const wanted = `${width}x${height}/${bitrate}`;
  if (wanted === opened) return;
  opened = wanted;
  const coded = { codec: h264Ask, width, height, bitrate, framerate: countedFps };
  encoder.configure({ ...coded, latencyMode: 'quality', avc: { format: 'annexb' } });
}
