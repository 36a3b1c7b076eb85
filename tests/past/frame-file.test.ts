import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { AppError } from '../../src/app-error.ts';
import {
  type DescriptionPlace,
  descriptionRecord,
  fileEnd,
  fileHead,
  recordHeadBytes,
  recordKinds,
  sealRecord,
} from '../../src/past/frame-file.ts';
import { FrameIndex, missingBetween } from '../../src/past/frame-index.ts';
import { openFrameFile } from '../../src/past/kept-file.ts';
import { frameFlags, frameHeaderBytes, writeFrameHeader } from '../../src/protocol/frame-header.ts';
import { mutantOf, seeded } from '../support/mutant.ts';

/** More with LUMENCAST_MUTATIONS=100000. */
const mutations = Number(process.env.LUMENCAST_MUTATIONS ?? 1000);
const folder = mkdtempSync(join(tmpdir(), 'lumencast-frames-'));
afterAll(() => rmSync(folder, { recursive: true }));

function wireMessage(number: number, epoch: number): Buffer {
  const payload = Buffer.alloc(40 + number, number);
  const message = Buffer.alloc(frameHeaderBytes + payload.length);
  payload.copy(message, frameHeaderBytes);
  writeFrameHeader(new DataView(message.buffer, message.byteOffset, frameHeaderBytes), {
    codec: 0,
    flags: frameFlags.key,
    pixelFormat: 'GREY',
    view: 'processed',
    stream: 0,
    sequence: 100 + number,
    capturedAtUs: 1e15 + number * 33_000,
    processingUs: 5,
    width: 8,
    height: 5,
    keySequence: 0,
    payloadBytes: payload.length,
    crc32: crc32(payload),
    epoch,
  });
  return message;
}

/** Ten frames in two epochs, one of them lost. */
const messages = [0, 1, 2, 3, 4, 6, 7, 8, 9, 10].map((number) => wireMessage(number, number < 5 ? 7 : 8));

function frameFile(): { readonly bytes: Buffer; readonly frameOffsets: readonly number[]; readonly endOffset: number } {
  const parts: Buffer[] = [fileHead()];
  let offset = fileHead().length;
  const push = (part: Buffer): void => {
    parts.push(part);
    offset += part.length;
  };
  const index = new FrameIndex();
  const descriptions: DescriptionPlace[] = [];
  const frameOffsets: number[] = [];
  for (const message of messages) {
    const epoch = message.readUInt16LE(44);
    if (descriptions.at(-1)?.epoch !== epoch) {
      descriptions.push({ offset, epoch });
      push(descriptionRecord(JSON.stringify({ epoch, name: 'Echo' })));
    }
    frameOffsets.push(offset);
    const capturedUs = message.readUInt32LE(20) * 2 ** 32 + message.readUInt32LE(16);
    index.add(capturedUs, offset, message.length, message.readUInt32LE(12), epoch, frameFlags.key);
    const record = Buffer.concat([Buffer.alloc(recordHeadBytes), message]);
    sealRecord(record, 0, recordKinds.frame, message.length);
    push(record);
  }
  const endOffset = offset;
  push(fileEnd(offset, descriptions, index));
  return { bytes: Buffer.concat(parts), frameOffsets, endOffset };
}

const { bytes: whole, frameOffsets, endOffset } = frameFile();

async function read(bytes: Uint8Array) {
  const path = join(folder, 'one.frames');
  writeFileSync(path, bytes);
  await using file = await openFrameFile(path);
  const frames: Buffer[] = [];
  for await (const message of file.frames()) frames.push(Buffer.from(message));
  const { complete, tornBytes, lost } = file;
  return { frames, descriptions: await file.descriptions(), complete, tornBytes, lost, damaged: file.damaged };
}

describe('a frame file', () => {
  it('gives back what was written, and says what was lost at capture', async () => {
    const read1 = await read(whole);
    expect(read1.frames).toEqual(messages);
    expect(read1).toMatchObject({ complete: true, tornBytes: 0, damaged: 0, lost: 1 });
    expect(read1.descriptions).toEqual({ 7: { epoch: 7, name: 'Echo' }, 8: { epoch: 8, name: 'Echo' } });
  });

  it('that was torn off anywhere has every frame before, and says how much is missing', async () => {
    for (let length = fileHead().length; length < whole.length; length += 3) {
      const found = await read(whole.subarray(0, length));
      const count = frameOffsets.filter((offset, number) => offset + recordHeadBytes + (messages[number]?.length ?? 0) <= length).length;
      expect(found.frames, `${length} bytes`).toEqual(messages.slice(0, count));
      expect(found.complete).toBe(false);
      expect(found.damaged).toBe(0);
      if (length > endOffset) expect(found.tornBytes).toBe(length - endOffset);
    }
  });

  it('leaves out a frame that is not as it was written, with its index and without', async () => {
    for (const until of [whole.length, endOffset]) {
      const bytes = Buffer.from(whole.subarray(0, until));
      bytes.writeUInt8(0xff, (frameOffsets[3] as number) + recordHeadBytes + frameHeaderBytes + 5);
      const found = await read(bytes);
      expect(found.frames).toEqual(messages.filter((_message, number) => number !== 3));
      expect(found).toMatchObject({ damaged: 1, complete: until === whole.length });
    }
  });

  it('does not lose a frame where only its index is damaged', async () => {
    const bytes = Buffer.from(whole);
    bytes.writeUInt8(0x55, endOffset + recordHeadBytes + 40);
    expect(await read(bytes)).toMatchObject({ frames: messages, complete: false });
  });

  it('that is none is refused', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('LCF'), Buffer.from('RIFF0000'), Buffer.from('LCFR\u0002\0\0\0')]) {
      await expect(read(bytes)).rejects.toMatchObject({ code: 'record/unreadable' });
    }
    await expect(openFrameFile(join(folder, 'none.frames'))).rejects.toMatchObject({ code: 'record/unreadable' });
  });

  it(`of ${mutations} damaged ones gives frames as they were written, or an error that says so`, { timeout: 1_800_000 }, async () => {
    const random = seeded(6);
    const written = new Set(messages.map((message) => message.toString('latin1')));
    let [refused, sound] = [0, 0];
    for (let number = 0; number < mutations; number++) {
      const mutant = mutantOf(whole, whole, random);
      const resealed = number % 2 === 0 ? mutant : reseal(Buffer.from(mutant));
      try {
        const { frames } = await read(resealed);
        sound += frames.length;
        if (resealed === mutant) for (const frame of frames) expect(written.has(frame.toString('latin1'))).toBe(true);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(AppError);
        expect(thrown).toMatchObject({ code: 'record/unreadable' });
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(0);
    expect(sound).toBeGreaterThan(mutations);
  });
});

/** Makes every CRC of a file right that says nonsense, so that what it says is believed. */
function reseal(bytes: Buffer): Buffer {
  let at = 8;
  for (;;) {
    if (at + recordHeadBytes > bytes.length) break;
    const bodyBytes = bytes.readUInt32LE(at + 4);
    if (at + recordHeadBytes + bodyBytes > bytes.length) break;
    sealRecord(bytes, at, bytes.readUInt32LE(at), bodyBytes);
    at += recordHeadBytes + bodyBytes;
  }
  if (bytes.length >= 24) bytes.writeUInt32LE(crc32(bytes.subarray(bytes.length - 16, bytes.length - 8)), bytes.length - 8);
  return bytes;
}

describe('the index', () => {
  it('finds frames by time, also those that have the same', () => {
    const index = new FrameIndex();
    for (const us of [10, 20, 20, 30]) index.add(us, us, 1, us, 0, 0);
    expect([5, 10, 15, 20, 25, 35].map((us) => [index.firstFrom(us), index.firstAfter(us)])).toEqual([
      [0, 0],
      [0, 1],
      [1, 1],
      [1, 3],
      [3, 3],
      [4, 4],
    ]);
  });

  it('counts missing frames over the end of the numbers, and none where the counting began anew', () => {
    expect(missingBetween(0xffff_fffe, 2)).toBe(3);
    expect(missingBetween(5, 6)).toBe(0);
    expect(missingBetween(5, 5)).toBe(0);
    expect(missingBetween(5000, 0)).toBe(0);
  });
});
