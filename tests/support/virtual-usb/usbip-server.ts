import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { descriptorType } from './descriptors.ts';
import { StandardRequests } from './standard-requests.ts';
import {
  busIdBytes,
  command,
  headerBytes,
  highSpeed,
  importReply,
  type ListedDevice,
  listReply,
  operation,
  operationBytes,
  parseCommand,
  transferStatus,
  usbipPort,
  writeReply,
} from './usbip-wire.ts';
import type { Bus, VirtualDevice } from './virtual-device.ts';

/** Virtual devices that a kernel's vhci imports: `usbip attach -r 127.0.0.1 -b BUSID`. */
export class UsbIpServer {
  readonly #devices = new Map<string, VirtualDevice>();
  readonly #cables = new Map<string, Cable>();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => this.#serve(socket));
  }

  static async open(): Promise<UsbIpServer> {
    const server = createServer({ noDelay: true });
    server.listen(usbipPort, '127.0.0.1');
    await once(server, 'listening');
    return new UsbIpServer(server);
  }

  /** Offers a device under a bus id; another one of that id is unplugged. */
  offer(busId: string, device: VirtualDevice): void {
    this.withdraw(busId);
    this.#devices.set(busId, device);
  }

  withdraw(busId: string): void {
    this.#cables.get(busId)?.unplug();
    this.#devices.delete(busId);
  }

  device(busId: string): VirtualDevice {
    const device = this.#devices.get(busId);
    if (device === undefined) throw new Error(`no device ${busId}`);
    return device;
  }

  close(): void {
    for (const busId of [...this.#devices.keys()]) this.withdraw(busId);
    this.#server.close();
  }

  #serve(socket: Socket): void {
    let pending: Buffer = Buffer.alloc(0);
    const read = (data: Buffer): void => {
      pending = Buffer.concat([pending, data]);
      if (pending.length < operationBytes) return;
      const code = pending.readUInt16BE(2);
      if (code === operation.listRequest) {
        socket.end(listReply([...this.#devices].map(([busId, device]) => listed(busId, device))));
      } else if (code !== operation.importRequest) socket.destroy();
      else if (pending.length >= operationBytes + busIdBytes) {
        socket.off('data', read);
        const busId = pending.toString('latin1', operationBytes, operationBytes + busIdBytes).replace(/\0.*$/s, '');
        this.#import(socket, busId, pending.subarray(operationBytes + busIdBytes));
      }
    };
    socket.on('data', read);
    socket.on('error', () => socket.destroy());
  }

  #import(socket: Socket, busId: string, rest: Buffer): void {
    const device = this.#cables.has(busId) ? undefined : this.#devices.get(busId);
    if (device === undefined) {
      socket.end(importReply(undefined));
      return;
    }
    socket.write(importReply(listed(busId, device)));
    const cable = new Cable(socket, device);
    this.#cables.set(busId, cable);
    socket.once('close', () => this.#cables.delete(busId));
    cable.read(rest);
  }
}

function listed(busId: string, { descriptors }: VirtualDevice): ListedDevice {
  const device = Buffer.from(descriptors.device);
  return {
    busId,
    // The kernel takes bus and device number for one that is known only as long as it lives.
    deviceNumber: 2,
    speed: highSpeed,
    vendorId: device.readUInt16LE(8),
    productId: device.readUInt16LE(10),
    release: device.readUInt16LE(12),
    deviceClass: [device[4] ?? 0, device[5] ?? 0, device[6] ?? 0],
    configurations: 1,
    interfaces: interfacesOf(descriptors.configuration),
  };
}

function interfacesOf(configuration: Uint8Array): [number, number, number][] {
  const found: [number, number, number][] = [];
  for (let at = 0; at + 8 < configuration.length; at += Math.max(2, configuration[at] ?? 0)) {
    const isFirst = configuration[at + 1] === descriptorType.interface && configuration[at + 3] === 0;
    if (isFirst) found.push([configuration[at + 5] ?? 0, configuration[at + 6] ?? 0, configuration[at + 7] ?? 0]);
  }
  return found;
}

interface Waiting {
  readonly sequence: number;
  readonly length: number;
}

/** One imported device: the transfers that the host has asked for, and their replies. */
class Cable implements Bus {
  readonly #socket: Socket;
  readonly #device: VirtualDevice;
  readonly #standard: StandardRequests;
  readonly #waiting = new Map<number, Waiting[]>();
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #neededBytes = headerBytes;
  /** A reply that nothing was delivered into yet. */
  #spare: Buffer | undefined;

  constructor(socket: Socket, device: VirtualDevice) {
    this.#socket = socket;
    this.#device = device;
    this.#standard = new StandardRequests(device);
    socket.on('data', (data: Buffer) => this.read(data));
    socket.once('close', () => device.unplugged());
    device.plugged(this);
  }

  unplug(): void {
    this.#socket.destroy();
  }

  ready(address: number): void {
    const waiting = this.#waiting.get(address);
    const endpoint = this.#device.inputs.get(address);
    while (waiting?.[0] !== undefined && endpoint !== undefined) {
      if (this.#standard.isHalted(address)) {
        this.#reply(waiting.shift()?.sequence ?? 0, transferStatus.stalled);
        continue;
      }
      const { sequence, length } = waiting[0];
      const reply = this.#replyOf(headerBytes + length);
      const delivery = endpoint.deliver(reply.subarray(headerBytes));
      if (delivery.kind === 'wait' || this.#socket.destroyed) return;
      this.#spare = undefined;
      waiting.shift();
      if (delivery.kind === 'data') {
        writeReply(reply, command.submitted, sequence, transferStatus.done, delivery.bytes);
        this.#socket.write(reply.subarray(0, headerBytes + delivery.bytes));
      } else if (delivery.kind === 'babble') this.#reply(sequence, transferStatus.overflow);
      else {
        this.#standard.halt(address);
        this.#reply(sequence, transferStatus.stalled);
      }
    }
  }

  #replyOf(bytes: number): Buffer {
    if (this.#spare?.length !== bytes) this.#spare = Buffer.allocUnsafeSlow(bytes);
    return this.#spare;
  }

  read(data: Buffer): void {
    this.#pending.push(data);
    this.#pendingBytes += data.length;
    if (this.#pendingBytes < this.#neededBytes) return;
    let bytes = this.#pending.length === 1 ? data : Buffer.concat(this.#pending);
    this.#neededBytes = headerBytes;
    while (bytes.length >= headerBytes) {
      const head = parseCommand(bytes);
      const dataBytes = head.isIn || head.command !== command.submit ? 0 : head.length;
      this.#neededBytes = headerBytes + dataBytes;
      if (bytes.length < this.#neededBytes) break;
      this.#obey(head, bytes.subarray(headerBytes, this.#neededBytes));
      bytes = bytes.subarray(this.#neededBytes);
      this.#neededBytes = headerBytes;
    }
    this.#pending = bytes.length > 0 ? [bytes] : [];
    this.#pendingBytes = bytes.length;
  }

  #obey(head: ReturnType<typeof parseCommand>, data: Uint8Array): void {
    if (head.command === command.unlink) this.#unlink(head.sequence, head.unlinks);
    else if (head.command !== command.submit) this.#socket.destroy();
    else if (head.endpoint === 0) this.#control(head.sequence, head.setup, data);
    else if (head.isIn) this.#submitIn(head.sequence, head.endpoint | 0x80, head.length);
    else this.#submitOut(head.sequence, head.endpoint, data);
  }

  #control(sequence: number, packet: Buffer, data: Uint8Array): void {
    const setup = {
      requestType: packet.readUInt8(0),
      request: packet.readUInt8(1),
      value: packet.readUInt16LE(2),
      index: packet.readUInt16LE(4),
      length: packet.readUInt16LE(6),
    };
    const answer = this.#standard.answer(setup, data);
    if (answer === undefined) {
      this.#reply(sequence, transferStatus.stalled);
      return;
    }
    const isIn = (setup.requestType & 0x80) !== 0;
    const reply = Buffer.alloc(headerBytes + (isIn ? answer.length : 0));
    writeReply(reply, command.submitted, sequence, transferStatus.done, isIn ? answer.length : data.length);
    if (isIn) reply.set(answer, headerBytes);
    this.#socket.write(reply);
    // A halt that was cleared, an interface that was chosen: what waits may go on.
    for (const address of this.#waiting.keys()) this.ready(address);
  }

  #submitIn(sequence: number, address: number, length: number): void {
    const waiting = this.#waiting.get(address) ?? [];
    this.#waiting.set(address, waiting);
    waiting.push({ sequence, length });
    this.ready(address);
  }

  #submitOut(sequence: number, address: number, data: Uint8Array): void {
    const accepted = this.#device.outputs.get(address)?.(data) ?? false;
    this.#reply(sequence, accepted ? transferStatus.done : transferStatus.stalled, accepted ? data.length : 0);
  }

  #unlink(sequence: number, transfer: number): void {
    let status: number = transferStatus.done;
    for (const waiting of this.#waiting.values()) {
      const at = waiting.findIndex((one) => one.sequence === transfer);
      if (at < 0) continue;
      waiting.splice(at, 1);
      status = transferStatus.unlinked;
    }
    const reply = Buffer.alloc(headerBytes);
    writeReply(reply, command.unlinked, sequence, status, 0);
    this.#socket.write(reply);
  }

  /** A transfer without data for the host. */
  #reply(sequence: number, status: number, bytes = 0): void {
    const reply = Buffer.alloc(headerBytes);
    writeReply(reply, command.submitted, sequence, status, bytes);
    this.#socket.write(reply);
  }
}
