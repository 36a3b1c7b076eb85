import type { Crc64 } from '../../wasm/crc64.ts';
import { deviceNameBytes, extendedHeaderBytes, headerBytes, viewOf, writeText } from './header.ts';
import { type Metadata, metadataParts } from './metadata.ts';

export interface SentHead {
  readonly type: string;
  readonly device: string;
  /** Unix time in microseconds; 0: not stamped. */
  readonly stampUs: number;
}

/** Makes a room of so many bytes: `Crc64.load`. */
export type RoomOf = (roomBytes: number) => Crc64;

/** Version of the header: 2 has room for metadata, and older libraries lose the stream at it. */
export type HeaderVersion = 1 | 2;

/** Writes whole messages, checksum included, into slots of a memory of its own, from where they can be sent. */
export class MessageWriter {
  readonly #room: Crc64;
  readonly #version: HeaderVersion;
  readonly #slotBytes: number;
  #number = 0;

  /** Room for messages of at most `contentBytes` and a kilobyte of metadata; pages that are never written cost nothing. */
  constructor(roomOf: RoomOf, slots: number, contentBytes: number, version: HeaderVersion) {
    this.#slotBytes = (headerBytes + extendedHeaderBytes + contentBytes + mostMetadataBytes + 63) & ~63;
    this.#room = roomOf(slots * this.#slotBytes);
    this.#version = version;
  }

  /** Writes a message into a slot and answers its bytes there; they stay as they are until the slot is written again. Metadata go with header version 2 alone. */
  write(slot: number, head: SentHead, contentBytes: number, fill: (content: Uint8Array) => void, metadata: Metadata = {}): Buffer {
    const start = slot * this.#slotBytes;
    const { bytes } = this.#room;
    const bodyAt = start + headerBytes;
    const parts = this.#version === 1 ? undefined : metadataParts(metadata);
    const extended = parts === undefined ? 0 : extendedHeaderBytes;
    const metadataBytes = parts === undefined ? 0 : parts.index.length + parts.data.length;
    const bodyBytes = extended + contentBytes + metadataBytes;
    if (metadataBytes > mostMetadataBytes || headerBytes + bodyBytes > this.#slotBytes) throw new RangeError('the message does not fit');
    fill(bytes.subarray(bodyAt + extended, bodyAt + extended + contentBytes));
    if (parts !== undefined) {
      const view = viewOf(bytes.subarray(bodyAt, bodyAt + extended));
      view.setUint16(0, extendedHeaderBytes);
      view.setUint16(2, parts.index.length);
      view.setUint32(4, parts.data.length);
      this.#number = (this.#number + 1) >>> 0;
      view.setUint32(8, this.#number);
      bytes.set(parts.index, bodyAt + extended + contentBytes);
      bytes.set(parts.data, bodyAt + extended + contentBytes + parts.index.length);
    }
    this.#writeHeader(bytes.subarray(start, bodyAt), head, bodyBytes, this.#room.over(bodyAt, bodyBytes));
    return Buffer.from(bytes.buffer, bytes.byteOffset + start, headerBytes + bodyBytes);
  }

  #writeHeader(bytes: Uint8Array, { type, device, stampUs }: SentHead, bodyBytes: number, crc: bigint): void {
    const view = viewOf(bytes);
    view.setUint16(0, this.#version);
    writeText(bytes, 2, 12, type);
    writeText(bytes, 14, deviceNameBytes, device);
    view.setUint32(34, Math.floor(stampUs / 1e6));
    view.setUint32(38, Math.floor(((stampUs % 1e6) / 1e6) * 2 ** 32));
    view.setBigUint64(42, BigInt(bodyBytes));
    view.setBigUint64(50, crc);
  }
}

const mostMetadataBytes = 1024;
