import type { Socket } from 'node:net';
import koffi from 'koffi';

/** Linux asm-generic/socket.h: SOL_SOCKET and SO_RCVBUF. */
const [socketLevel, receiveBuffer] = [1, 8];

/** What its kernel keeps for a reader that does not read (socket(7)): little, as in a monitor on a thin line. Linux. */
export function keepLittle(socket: Socket, bytes = 32 * 1024): void {
  const setsockopt = koffi.load(null).func('setsockopt', 'int', ['int', 'int', 'int', 'void *', 'uint']);
  const descriptor = (socket as Socket & { readonly _handle?: { readonly fd?: number } })._handle?.fd ?? -1;
  if (setsockopt(descriptor, socketLevel, receiveBuffer, Int32Array.of(bytes), 4) !== 0) throw new Error('setsockopt was refused');
}
