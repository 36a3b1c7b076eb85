import { type BodyParts, badMessage, viewOf } from './header.ts';

/*
 * Metadata of header version 2 ("v3_proposal.md"): an index of the number of entries and, for each, bytes of the key, encoding and
 * bytes of the value; behind it keys and values without a gap. Encodings by their IANA MIBenum: 3 US-ASCII, 106 UTF-8.
 */

export type Metadata = Readonly<Record<string, string>>;

const entryBytes = 8;
const usAscii = 3;
const utf8 = 106;

/** The texts of a body's metadata by their keys; other encodings are left out. Throws `openigtlink/bad-message`. */
export function readMetadata(type: string, body: Uint8Array, { indexAt, indexBytes, dataBytes }: BodyParts): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  if (indexBytes < 2) return texts;
  const view = viewOf(body);
  const entries = view.getUint16(indexAt);
  if (2 + entries * entryBytes > indexBytes) throw badMessage(type, `${entries} entries of metadata in an index of ${indexBytes} bytes`);
  let at = indexAt + indexBytes;
  const end = at + dataBytes;
  for (let entry = 0; entry < entries; entry++) {
    const head = indexAt + 2 + entry * entryBytes;
    const [keyBytes, encoding, valueBytes] = [view.getUint16(head), view.getUint16(head + 2), view.getUint32(head + 4)];
    if (keyBytes + valueBytes > end - at) throw badMessage(type, 'its metadata are longer than they announce');
    const key = decode(body, at, keyBytes);
    if (encoding === usAscii || encoding === utf8) texts.set(key, decode(body, at + keyBytes, valueBytes));
    at += keyBytes + valueBytes;
  }
  return texts;
}

/** Index and content as they are written behind a message. */
export function metadataParts(metadata: Metadata): { readonly index: Buffer; readonly data: Buffer } {
  const entries = Object.entries(metadata).map(([key, value]) => [Buffer.from(key), Buffer.from(value)] as const);
  const index = Buffer.alloc(2 + entries.length * entryBytes);
  index.writeUInt16BE(entries.length, 0);
  for (const [entry, [key, value]] of entries.entries()) {
    const head = 2 + entry * entryBytes;
    index.writeUInt16BE(key.length, head);
    index.writeUInt16BE(utf8, head + 2);
    index.writeUInt32BE(value.length, head + 4);
  }
  return { index, data: Buffer.concat(entries.flat()) };
}

const decode = (body: Uint8Array, at: number, length: number): string =>
  Buffer.from(body.buffer, body.byteOffset + at, length).toString('utf8');
