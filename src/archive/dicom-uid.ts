import { randomBytes } from 'node:crypto';

/** A new UID: `2.25.` and a random UUID as one number (DICOM PS3.5 B.2). */
export function newDicomUid(): string {
  const uuid = randomBytes(16);
  // Version 4 and variant 1, RFC 9562 5.4.
  uuid.writeUInt8((uuid.readUInt8(6) & 0x0f) | 0x40, 6);
  uuid.writeUInt8((uuid.readUInt8(8) & 0x3f) | 0x80, 8);
  return `2.25.${BigInt(`0x${uuid.toString('hex')}`)}`;
}
