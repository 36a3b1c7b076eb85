import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { codecByNumber } from '../../src/codec/codecs.ts';
import { openCodecs } from '../../src/codec/node-codecs.ts';
import { openFrameFile } from '../../src/past/kept-file.ts';
import { frameHeaderBytes, readFrameHeader } from '../../src/protocol/frame-header.ts';
import { haveRecordings, recording } from '../support/recordings.ts';
import { openRecordedRoom, until } from './recording-room.ts';

/** A right coronary artery, 96 frames of 512 x 512 grey pixels of 8 bits, as JPEG. */
const name = 'xa/xa_coronary_rca_96f_jpeg8.dcm';
const [frames, frameBytes] = [96, 512 * 512];
const decoder = '/usr/bin/dcmdjpeg';

/** Checksums of the frames in the file, as DCMTK decodes them: its pixels are the last element. */
function checksumsInFile(): readonly number[] {
  const folder = mkdtempSync(join(tmpdir(), 'lumencast-real-'));
  try {
    execFileSync(decoder, [recording(name), join(folder, 'raw.dcm')]);
    const pixels = readFileSync(join(folder, 'raw.dcm')).subarray(-frames * frameBytes);
    return Array.from({ length: frames }, (_, frame) => crc32(pixels.subarray(frame * frameBytes, (frame + 1) * frameBytes)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.skipIf(!haveRecordings || !existsSync(decoder))(
  'a clip of a real recording (skipped where the recordings or DCMTK are not here)',
  () => {
    let room: Awaited<ReturnType<typeof openRecordedRoom>>;
    afterEach(() => room.close());

    it('that began before it was asked for has the pixels of the file, frame by frame', { timeout: 120_000 }, async () => {
      const inFile = checksumsInFile();
      expect(new Set(inFile).size).toBe(frames);
      const codecs = await openCodecs();
      room = await openRecordedRoom([{ name: 'RCA', driver: 'replay', options: { file: recording(name) } }]);
      const { store, seen, folder, nowUs } = room;
      await until(() => seen.length >= 30, 60_000);
      const [fromUs, pressedUs] = [seen[5]?.capturedUs ?? 0, nowUs()];
      const path = join(folder, 'clip.frames');
      await store.startClip(0, path, fromUs, pressedUs + 4_000_000).written;
      await using file = await openFrameFile(path);
      expect([file.complete, file.damaged, file.tornBytes]).toEqual([true, 0, 0]);
      const got: { readonly us: number; readonly sequence: number; readonly same: boolean }[] = [];
      for await (const message of file.frames()) {
        const header = readFrameHeader(new DataView(message.buffer, message.byteOffset, message.length));
        const pixels = codecByNumber(codecs, header.codec).decode(header, message.subarray(frameHeaderBytes));
        const same = crc32(pixels) === inFile[header.sequence % frames];
        got.push({ us: header.capturedAtUs, sequence: header.sequence, same });
      }
      expect(got.filter(({ same }) => !same)).toEqual([]);
      expect(got[0]?.us).toBe(fromUs);
      expect(got.at(-1)?.us).toBeGreaterThan(pressedUs);
      // A busy machine may not capture every frame: what is missing is counted.
      const [first, last] = [got[0]?.sequence ?? 0, got.at(-1)?.sequence ?? 0];
      expect(got.length + file.lost).toBe(last - first + 1);
      expect(got.length).toBeGreaterThan(10);
    });
  },
);
