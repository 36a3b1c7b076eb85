import { printable } from '../app-error.ts';
import { badMessage, readText, viewOf, writeText } from './header.ts';

/** Codes of STATUS that are used here ("status.md"). */
export const statusCodes = {
  ok: 1,
  notFound: 4,
  checksum: 9,
  notUnderstood: 12,
  notReady: 13,
  disabled: 15,
  notPresent: 16,
  hardware: 18,
} as const;

export interface DeviceStatus {
  /** 1: all is well. */
  readonly code: number;
  readonly name: string;
  readonly message: string;
}

const statusHeadBytes = 30;

/** Reads a STATUS. Throws `openigtlink/bad-message`. */
export function readStatus(content: Uint8Array): DeviceStatus {
  if (content.length < statusHeadBytes) throw badMessage('STATUS', `${content.length} bytes`);
  return {
    code: viewOf(content).getUint16(0),
    name: printable(readText(content, 10, 20), 20),
    message: printable(readText(content, statusHeadBytes, content.length - statusHeadBytes), 200),
  };
}

export function statusContent({ code, name, message }: DeviceStatus): Buffer {
  const content = Buffer.alloc(statusHeadBytes + message.length + 1);
  content.writeUInt16BE(code, 0);
  writeText(content, 10, 20, name);
  writeText(content, statusHeadBytes, message.length, message);
  return content;
}

/** Encoding as an IANA MIBenum, length ("string.md"). */
const stringHeadBytes = 4;
const usAscii = 3;

/** Reads a STRING. Throws `openigtlink/bad-message`. */
export function readString(content: Uint8Array): string {
  if (content.length < stringHeadBytes) throw badMessage('STRING', `${content.length} bytes`);
  const length = viewOf(content).getUint16(2);
  if (length > content.length - stringHeadBytes) throw badMessage('STRING', `${length} characters announced, fewer are there`);
  const text = Buffer.from(content.buffer, content.byteOffset + stringHeadBytes, length).toString('utf8');
  return printable(text.replace(/\0+$/, ''), 200);
}

export function stringContent(text: string): Buffer {
  const content = Buffer.alloc(stringHeadBytes + text.length);
  content.writeUInt16BE(usAscii, 0);
  content.writeUInt16BE(text.length, 2);
  writeText(content, stringHeadBytes, text.length, text);
  return content;
}

const typeBytes = 12;

/** Types of messages that this end understands ("capability.md"). */
export function capabilityContent(types: readonly string[]): Buffer {
  const content = Buffer.alloc(types.length * typeBytes);
  for (const [index, type] of types.entries()) writeText(content, index * typeBytes, typeBytes, type);
  return content;
}

/** Codec of a VIDEO, for people ("video.md"). Throws `openigtlink/bad-message`. */
export function videoCodec(content: Uint8Array): string {
  if (content.length < 6) throw badMessage('VIDEO', `${content.length} bytes`);
  return printable(readText(content, 2, 4).trim(), 4);
}
