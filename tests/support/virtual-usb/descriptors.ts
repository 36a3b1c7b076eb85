import type { Descriptors } from './virtual-device.ts';

/** Descriptor types: USB 2.0 table 9-5; 11 is of the Interface Association ECN, 0x24 and 0x25 of the class specifications. */
export const descriptorType = {
  device: 1,
  configuration: 2,
  string: 3,
  interface: 4,
  endpoint: 5,
  association: 11,
  classInterface: 0x24,
  classEndpoint: 0x25,
} as const;

export interface Identity {
  readonly vendorId: number;
  readonly productId: number;
  readonly maker: string;
  readonly product: string;
  readonly serial: string;
}

type Triple = readonly [number, number, number];

/** A high-speed device of one configuration whose `parts` are interfaces, endpoints and what stands between them. */
export function describe(identity: Identity, deviceClass: Triple, interfaces: number, parts: readonly (readonly number[])[]): Descriptors {
  const { vendorId, productId, maker, product, serial } = identity;
  const body = parts.flat();
  return {
    device: Uint8Array.from([
      ...[18, descriptorType.device, ...word(0x0200), ...deviceClass, 64],
      ...[...word(vendorId), ...word(productId), ...word(0x0100), 1, 2, serial === '' ? 0 : 3, 1],
    ]),
    // Bus-powered, 100 mA.
    configuration: Uint8Array.from([9, descriptorType.configuration, ...word(9 + body.length), interfaces, 1, 0, 0x80, 50, ...body]),
    strings: [maker, product, serial],
  };
}

export const interfaceOf = (number: number, alternate: number, endpoints: number, [cls, subclass, protocol]: Triple): number[] => [
  ...[9, descriptorType.interface, number, alternate, endpoints, cls, subclass, protocol, 0],
];

/** Bulk endpoints of high speed have packets of 512 bytes: USB 2.0 §5.8.3. */
export const bulkEndpoint = (address: number): number[] => [7, descriptorType.endpoint, address, 2, ...word(bulkPacketBytes), 0];

export const interruptEndpoint = (address: number, packetBytes: number, interval: number): number[] => [
  ...[7, descriptorType.endpoint, address, 3, ...word(packetBytes), interval],
];

export const bulkPacketBytes = 512;

/** Little-endian, as everything on the USB. */
export const word = (value: number): [number, number] => [value & 255, (value >> 8) & 255];
export const long = (value: number): [number, number, number, number] => [...word(value & 0xffff), ...word(value >>> 16)];

/** USB 2.0 §9.6.7: index 0 lists the languages (0x0409, US English), the others are UTF-16. */
export function stringDescriptor(index: number, strings: readonly string[]): Uint8Array | undefined {
  if (index === 0) return Uint8Array.from([4, descriptorType.string, ...word(0x0409)]);
  const text = strings[index - 1];
  if (text === undefined) return undefined;
  const utf16 = Buffer.from(text.slice(0, 126), 'utf16le');
  return Uint8Array.from([2 + utf16.length, descriptorType.string, ...utf16]);
}
