import { type FileHandle, open, statfs, unlink } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { AppError } from '../app-error.ts';
import { codecNumber } from '../codec/codecs.ts';
import { openDeltaZstd } from '../codec/node-codecs.ts';
import { raw } from '../codec/raw.ts';
import { SlotCounts } from '../frame/frame-pool.ts';
import { type FrameHeader, frameFlags, frameHeaderBytes, readFrameHeader, writeFrameHeader } from '../protocol/frame-header.ts';
import type { SlotPlace } from '../stream/encoder-events.ts';
import { SharedFrame, type SlotMemory } from '../stream/shared-frame.ts';
import { type Chunk, Chunks } from './chunks.ts';
import { ClipCopy } from './clip-copy.ts';
import { DiskTurns } from './disk-turns.ts';
import { descriptionRecord, fileHead, recordHeadBytes, recordKinds, sealRecord } from './frame-file.ts';
import type { ClipOrder, RecorderEvent, RecorderSetup, RecordLoss } from './recorder-orders.ts';
import { Segment } from './segment.ts';
import { writeAll } from './write-all.ts';

/** A file of the rolling store covers so much: what is given up at once when it is full. */
const segmentUs = 4_000_000;
/** And at most this part of what the store may take. */
const segmentShare = 1 / 8;
/** How far a file that a clip still has to copy may keep the store above its bound. */
const patience = 1.25;
/** Shares of the memory: for pictures that were not yet packed, and for those that are. A quarter is the main thread's. */
const [unpackedShare, packedShare] = [0.25, 0.5] as const;
/** Descriptions that are remembered; a longer memory than that of any file. */
const mostDescriptions = 1024;

/** A picture that was copied out of the stream's memory. */
interface Unpacked {
  readonly header: FrameHeader;
  /** Pixels, in a buffer that is used again. */
  readonly buffer: Buffer;
  readonly length: number;
}

/**
 * The record of one stream: copies each frame out of the stream's memory at once, packs it without loss, writes it into the newest segment,
 * removes the oldest. What the disk does not take waits in memory up to a bound; beyond it frames are lost and counted.
 */
export class Recording {
  readonly #setup: RecorderSetup;
  readonly #tell: (event: RecorderEvent) => void;
  readonly #packed = openDeltaZstd();
  readonly #turns: DiskTurns;
  readonly #segments: Segment[] = [];
  readonly #descriptions = new Map<number, string>();
  readonly #clips = new Map<number, ClipCopy>();
  readonly #chunks: Chunks;
  readonly #mostUnpackedBytes: number;
  readonly #unpacked: Unpacked[] = [];
  readonly #buffers: Buffer[] = [];
  #unpackedBytes = 0;
  #memory: SlotMemory | undefined;
  #takenUs = 0;
  #nextSegment = 0;
  /** Being filled. */
  #chunk: Chunk | undefined;
  readonly #full: Chunk[] = [];
  #packing: NodeJS.Immediate | undefined;
  #writing = false;
  #file: { readonly segment: Segment; readonly handle: FileHandle } | undefined;
  #well = true;
  /** Frames that have come, and those of them that are written or lost. */
  #received = 0;
  #settled = 0;
  #closing: (() => void) | undefined;

  constructor(setup: RecorderSetup, tell: (event: RecorderEvent) => void) {
    this.#setup = setup;
    this.#tell = tell;
    this.#turns = new DiskTurns(setup.turns.flags, setup.turns.own);
    this.#mostUnpackedBytes = setup.memoryBytes * unpackedShare;
    this.#chunks = new Chunks(setup.memoryBytes * packedShare);
    for (const written of setup.segments) {
      const segment = new Segment(setup.folder, written.number, 0, written);
      this.#segments.push(segment);
      this.#nextSegment = written.number + 1;
      this.#takenUs = segment.index.lastUs;
    }
  }

  /** For clips. */
  get settled(): number {
    return this.#settled;
  }

  get newestUs(): number {
    return this.#segments.findLast(({ index }) => index.length > 0)?.index.lastUs ?? 0;
  }

  /** The first segment of that number or a later one. */
  segmentFrom(number: number): Segment | undefined {
    return this.#segments.find((segment) => segment.number >= number);
  }

  description(epoch: number): string | undefined {
    return this.#descriptions.get(epoch);
  }

  setMemory({ buffer, layout }: SlotPlace): void {
    this.#memory = { buffer, layout, counts: new SlotCounts(buffer, layout) };
  }

  describe(epoch: number, text: string): void {
    // The newest last, and an epoch that comes again after 65,536 others is not the one that it was.
    this.#descriptions.delete(epoch);
    this.#descriptions.set(epoch, text);
    const [oldest] = this.#descriptions.keys();
    if (this.#descriptions.size > mostDescriptions && oldest !== undefined) this.#descriptions.delete(oldest);
    for (const segment of this.#segments.slice(-1)) segment.described.delete(epoch);
  }

  /** Copies a frame out of its slot, which is not needed afterwards. */
  take(slot: number): void {
    if (this.#memory === undefined) return;
    const { header, bytes } = SharedFrame.receive(this.#memory, slot);
    this.#take(header, bytes.subarray(frameHeaderBytes));
  }

  /** The same of a frame, header and pixels, that lies in no slot. */
  takeCopy(bytes: Uint8Array): void {
    const header = readFrameHeader(new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
    this.#take(header, bytes.subarray(frameHeaderBytes));
  }

  #take(header: FrameHeader, pixels: Uint8Array): void {
    this.#received++;
    if (header.capturedAtUs < this.#takenUs) {
      this.#lose('record/out-of-order', 1);
      return;
    }
    this.#takenUs = header.capturedAtUs;
    if (this.#unpacked.length >= 2 && this.#unpackedBytes + pixels.length > this.#mostUnpackedBytes) {
      this.#lose(this.#writing && this.#full.length > 0 ? 'record/disk-slow' : 'record/no-room', 1);
      return;
    }
    const buffer = this.#bufferFor(pixels.length);
    buffer.set(pixels);
    this.#unpackedBytes += pixels.length;
    this.#unpacked.push({ header, buffer, length: pixels.length });
    this.#packSoon();
  }

  startClip(order: ClipOrder): void {
    const clip = new ClipCopy(order, this.#setup.stream, this, (event) => {
      if (event.event !== 'clip') this.#clips.delete(order.clip);
      this.#tell(event);
      this.#closing?.();
    });
    this.#clips.set(order.clip, clip);
    clip.start();
  }

  endClip(clip: number, toUs: number): void {
    this.#clips.get(clip)?.end(toUs, this.#received);
  }

  discardClip(clip: number): void {
    this.#clips.get(clip)?.discard();
  }

  /** Writes what has come, ends the clips. */
  async close(): Promise<void> {
    for (const clip of this.#clips.values()) clip.end(Number.POSITIVE_INFINITY, this.#received);
    await new Promise<void>((resolve) => {
      this.#closing = (): void => {
        if (this.#settled >= this.#received && this.#clips.size === 0) resolve();
      };
      this.#closing();
    });
    await this.#file?.handle.close();
  }

  #bufferFor(bytes: number): Buffer {
    for (let buffer = this.#buffers.pop(); buffer !== undefined; buffer = this.#buffers.pop()) if (buffer.length >= bytes) return buffer;
    return Buffer.allocUnsafeSlow(bytes);
  }

  /** One picture at a time, so that the next ones are copied out of their slots in between. */
  #packSoon(): void {
    this.#packing ??= setImmediate(() => {
      this.#packing = undefined;
      if (this.#packNext() && this.#unpacked.length > 0) this.#packSoon();
    });
  }

  /** False where there is no picture, or no room. */
  #packNext(): boolean {
    const [next] = this.#unpacked;
    if (next === undefined) return false;
    const { header, buffer, length } = next;
    const segment = this.#segmentFor(header, length);
    const description = segment.described.has(header.epoch) ? undefined : this.#descriptionOf(header.epoch);
    const chunk = this.#chunkFor(segment, recordHeadBytes + frameHeaderBytes + length + (description?.length ?? 0));
    if (chunk === undefined) return false;
    this.#unpacked.shift();
    this.#unpackedBytes -= length;
    if (description !== undefined) append(chunk, description);
    segment.described.add(header.epoch);
    this.#pack(chunk, segment, header, buffer.subarray(0, length));
    this.#buffers.push(buffer);
    this.#writeNext();
    return true;
  }

  #descriptionOf(epoch: number): Buffer | undefined {
    const text = this.#descriptions.get(epoch);
    return text === undefined ? undefined : descriptionRecord(text);
  }

  #segmentFor({ capturedAtUs }: FrameHeader, bytes: number): Segment {
    const newest = this.#segments.at(-1);
    const isDue =
      newest === undefined ||
      newest.failed ||
      newest.beganUs === 0 ||
      capturedAtUs - newest.beganUs >= segmentUs ||
      newest.plannedBytes + bytes > this.#setup.mostBytes * segmentShare;
    if (!isDue) return newest;
    const segment = new Segment(this.#setup.folder, this.#nextSegment++, capturedAtUs);
    this.#segments.push(segment);
    return segment;
  }

  #chunkFor(segment: Segment, bytes: number): Chunk | undefined {
    if (this.#chunk !== undefined && (this.#chunk.segment !== segment || this.#chunk.room < bytes)) {
      this.#full.push(this.#chunk);
      this.#chunk = undefined;
      this.#writeNext();
    }
    this.#chunk ??= this.#chunks.take(segment, bytes);
    return this.#chunk;
  }

  #pack(chunk: Chunk, segment: Segment, header: FrameHeader, pixels: Uint8Array): void {
    const startMs = performance.now();
    // Whoever is behind packs no longer: the disk may take it, and every frame counts.
    const packed = this.#unpackedBytes > this.#mostUnpackedBytes / 2 ? pixels : this.#packed.encode(header, pixels);
    const [codec, payload] = packed.length < pixels.length ? [this.#packed, packed] : [raw, pixels];
    const at = chunk.used;
    const bodyAt = at + recordHeadBytes;
    const bytes = frameHeaderBytes + payload.length;
    chunk.bytes.set(payload, bodyAt + frameHeaderBytes);
    const flags = header.flags | frameFlags.lossless;
    writeFrameHeader(new DataView(chunk.bytes.buffer, chunk.bytes.byteOffset + bodyAt, frameHeaderBytes), {
      ...header,
      flags,
      codec: codecNumber(codec.name),
      payloadBytes: payload.length,
      crc32: crc32(payload),
      processingUs: header.processingUs + Math.round((performance.now() - startMs) * 1000),
    });
    sealRecord(chunk.bytes, at, recordKinds.frame, bytes);
    chunk.index.add(header.capturedAtUs, chunk.offset + at, bytes, header.sequence, header.epoch, flags);
    chunk.used += recordHeadBytes + bytes;
    segment.plannedBytes = chunk.offset + chunk.used;
  }

  #writeNext(): void {
    if (this.#writing) return;
    let chunk = this.#full.shift();
    if (chunk === undefined && this.#chunk !== undefined && this.#chunk.index.length > 0) {
      chunk = this.#chunk;
      this.#chunk = undefined;
    }
    if (chunk !== undefined) void this.#write(chunk);
  }

  async #write(chunk: Chunk): Promise<void> {
    const { segment, index } = chunk;
    if (segment === undefined) return;
    this.#writing = true;
    try {
      if (segment.failed) throw new Error('what stands before it could not be written');
      await this.#turns.take();
      const handle = await this.#fileOf(segment);
      await writeAll(handle, chunk.bytes.subarray(0, chunk.used), chunk.offset);
      segment.bytes = chunk.offset + chunk.used;
      const rows = index.rows();
      segment.index.addRows(rows);
      this.#tell({ event: 'written', segment: segment.number, bytes: segment.bytes, rows });
      if (!this.#well) this.#tell({ event: 'well' });
      this.#well = true;
    } catch (thrown) {
      this.#fail(thrown as Error, index.length);
      await this.#giveUp(segment);
    }
    this.#turns.giveBack();
    this.#settled += index.length;
    this.#chunks.giveBack(chunk);
    this.#writing = false;
    for (const clip of this.#clips.values()) clip.wake();
    this.#closing?.();
    this.#writeNext();
    if (this.#unpacked.length > 0) this.#packSoon();
  }

  #fail(thrown: Error, frames: number): void {
    this.#tell({ event: 'lost', loss: 'record/failed', frames });
    if (this.#well) {
      const error = new AppError('record/not-written', { stream: this.#setup.stream, reason: thrown.message });
      this.#tell({ event: 'trouble', error: error.toJSON() });
    }
    this.#well = false;
  }

  /** What it has stays; what still waits for it is lost. */
  async #giveUp(segment: Segment): Promise<void> {
    segment.failed = true;
    if (this.#file?.segment === segment) {
      await this.#file.handle.close().catch(() => undefined);
      this.#file = undefined;
    }
    if (segment.index.length === 0 && this.#segments.includes(segment)) await this.#remove(segment).catch(() => undefined);
  }

  async #fileOf(segment: Segment): Promise<FileHandle> {
    if (this.#file?.segment === segment) return this.#file.handle;
    await this.#file?.handle.close();
    this.#file = undefined;
    await this.#makeRoom(segment);
    const handle = await open(segment.path, 'w', 0o600);
    this.#file = { segment, handle };
    await writeAll(handle, fileHead(), 0);
    return handle;
  }

  /** Takes the oldest away where the store is full, or older than it should be, or the disk is. */
  async #makeRoom(next: Segment): Promise<void> {
    const { folder, mostBytes, reserveBytes, minutes } = this.#setup;
    const { bavail, bsize } = await statfs(folder);
    let toFree = reserveBytes - bavail * bsize;
    let total = 0;
    for (const { bytes } of this.#segments) total += bytes;
    const oldestUs = next.beganUs - minutes * 60e6;
    const room = mostBytes * (1 - segmentShare);
    for (const segment of [...this.#segments]) {
      if (segment === next) break;
      const isOld = segment.index.length === 0 || segment.index.lastUs < oldestUs;
      if (!isOld && total <= room && toFree <= 0) break;
      if (this.#isBeingCopied(segment) && total <= room * patience && toFree <= 0) break;
      await this.#remove(segment);
      total -= segment.bytes;
      toFree -= segment.bytes;
    }
    if (toFree > 0) throw new Error(`less than ${Math.round(reserveBytes / 2 ** 20)} MiB are free`);
  }

  #isBeingCopied(segment: Segment): boolean {
    for (const clip of this.#clips.values()) if (clip.needs(segment)) return true;
    return false;
  }

  async #remove(segment: Segment): Promise<void> {
    this.#segments.splice(this.#segments.indexOf(segment), 1);
    this.#tell({ event: 'removed', segment: segment.number });
    await unlink(segment.path).catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code !== 'ENOENT') throw thrown;
    });
  }

  #lose(loss: RecordLoss, frames: number): void {
    this.#settled += frames;
    this.#tell({ event: 'lost', loss, frames });
  }
}

function append(chunk: Chunk, record: Buffer): void {
  chunk.bytes.set(record, chunk.used);
  chunk.used += record.length;
}
