import { writeFileSync } from 'node:fs';
import { codecNumber } from '../../src/codec/codecs.ts';
import type { PictureFormat } from '../../src/frame/frame-format.ts';
import { descriptionRecord, fileEnd, fileHead, recordHeadBytes, recordKinds, sealRecord } from '../../src/past/frame-file.ts';
import { FrameIndex } from '../../src/past/frame-index.ts';
import { frameFlags, frameHeaderBytes, writeFrameHeader } from '../../src/protocol/frame-header.ts';

export interface FileFrame {
  readonly capturedUs: number;
  readonly pixels: Uint8Array;
}

/** A kept still or clip with frames that travel as they are. */
export function writeFramesFile(
  path: string,
  size: { readonly width: number; readonly height: number },
  pixelFormat: PictureFormat,
  frames: readonly FileFrame[],
  format: object = {},
): void {
  const described = { epoch: 1, view: 'processed', formats: { processed: { ...size, pixelFormat, ...format } }, regions: [] };
  const parts = [fileHead(), descriptionRecord(JSON.stringify(described))];
  const index = new FrameIndex();
  let offset = parts[0]!.length + parts[1]!.length;
  for (const [sequence, { capturedUs, pixels }] of frames.entries()) {
    const body = frameHeaderBytes + pixels.length;
    const record = Buffer.alloc(recordHeadBytes + body);
    writeFrameHeader(new DataView(record.buffer, record.byteOffset + recordHeadBytes, frameHeaderBytes), {
      codec: codecNumber('raw'),
      flags: frameFlags.key | frameFlags.lossless | frameFlags.synthetic,
      pixelFormat,
      view: 'processed',
      stream: 0,
      sequence,
      capturedAtUs: capturedUs,
      processingUs: 0,
      ...size,
      keySequence: sequence,
      payloadBytes: pixels.length,
      crc32: 0,
      epoch: 1,
    });
    record.set(pixels, recordHeadBytes + frameHeaderBytes);
    sealRecord(record, 0, recordKinds.frame, body);
    index.add(capturedUs, offset, body, sequence, 1, frameFlags.key);
    parts.push(record);
    offset += record.length;
  }
  writeFileSync(path, Buffer.concat([...parts, fileEnd(offset, [{ offset: parts[0]!.length, epoch: 1 }], index)]));
}
