/**
 * USB/IP on the wire: Documentation/usb/usbip_protocol.rst of the Linux kernel, version 1.1.1. All numbers are big-endian,
 * except the set-up packet, which is passed on as the USB has it (little-endian).
 */
export const usbipPort = 3240;

const version = 0x0111;
export const operation = { listRequest: 0x8005, listReply: 0x0005, importRequest: 0x8003, importReply: 0x0003 } as const;
export const command = { submit: 1, unlink: 2, submitted: 3, unlinked: 4 } as const;

/** An operation: version, code, status. */
export const operationBytes = 8;
export const busIdBytes = 32;
/** The header of every command and every reply. */
export const headerBytes = 48;

/** Values of the kernel's enum usb_device_speed. */
export const highSpeed = 3;

/** How a transfer ended: 0 or a negative errno, as the kernel's Documentation/driver-api/usb/error-codes.rst gives them to URBs. */
export const transferStatus = { done: 0, stalled: -32, overflow: -75, protocolError: -71, unlinked: -104 } as const;

export interface ListedDevice {
  readonly busId: string;
  readonly deviceNumber: number;
  readonly speed: number;
  readonly vendorId: number;
  readonly productId: number;
  readonly release: number;
  readonly deviceClass: readonly [number, number, number];
  readonly configurations: number;
  /** Class, subclass and protocol of each interface. */
  readonly interfaces: readonly (readonly [number, number, number])[];
}

export function listReply(devices: readonly ListedDevice[]): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(devices.length);
  const entries = devices.map((device) =>
    Buffer.concat([deviceEntry(device), ...device.interfaces.map((triple) => Buffer.from([...triple, 0]))]),
  );
  return Buffer.concat([operationReply(operation.listReply, 0), count, ...entries]);
}

/** Without a device: the bus has none of that name. */
export function importReply(device: ListedDevice | undefined): Buffer {
  if (device === undefined) return operationReply(operation.importReply, 1);
  return Buffer.concat([operationReply(operation.importReply, 0), deviceEntry(device)]);
}

function operationReply(code: number, status: number): Buffer {
  const bytes = Buffer.alloc(operationBytes);
  bytes.writeUInt16BE(version, 0);
  bytes.writeUInt16BE(code, 2);
  bytes.writeUInt32BE(status, 4);
  return bytes;
}

function deviceEntry(device: ListedDevice): Buffer {
  const bytes = Buffer.alloc(312);
  bytes.write(`/sys/devices/virtual/${device.busId}`, 0, 255, 'latin1');
  bytes.write(device.busId, 256, 31, 'latin1');
  bytes.writeUInt32BE(1, 288);
  bytes.writeUInt32BE(device.deviceNumber, 292);
  bytes.writeUInt32BE(device.speed, 296);
  bytes.writeUInt16BE(device.vendorId, 300);
  bytes.writeUInt16BE(device.productId, 302);
  bytes.writeUInt16BE(device.release, 304);
  bytes.set([...device.deviceClass, 0, device.configurations, device.interfaces.length], 306);
  return bytes;
}

/** USBIP_CMD_SUBMIT without the bytes of an OUT transfer, or USBIP_CMD_UNLINK. */
export interface Command {
  readonly command: number;
  readonly sequence: number;
  readonly isIn: boolean;
  readonly endpoint: number;
  /** Bytes of the transfer's buffer; of an unlink 0. */
  readonly length: number;
  readonly setup: Buffer;
  /** Sequence number of the transfer that an unlink takes back. */
  readonly unlinks: number;
}

/** `bytes`: at least `headerBytes`. */
export function parseCommand(bytes: Buffer): Command {
  const code = bytes.readUInt32BE(0);
  return {
    command: code,
    sequence: bytes.readUInt32BE(4),
    isIn: bytes.readUInt32BE(12) === 1,
    endpoint: bytes.readUInt32BE(16),
    length: code === command.submit ? bytes.readInt32BE(24) : 0,
    setup: bytes.subarray(40, 48),
    unlinks: code === command.unlink ? bytes.readUInt32BE(20) : 0,
  };
}

/** Writes the head of USBIP_RET_SUBMIT, or of USBIP_RET_UNLINK (`bytes` 0), in front of the data in `into`. */
export function writeReply(into: Buffer, code: number, sequence: number, status: number, bytes: number): void {
  into.fill(0, 0, headerBytes);
  into.writeUInt32BE(code, 0);
  into.writeUInt32BE(sequence, 4);
  into.writeInt32BE(status, 20);
  into.writeInt32BE(bytes, 24);
}
