import type { Socket } from 'node:net';

/** Bytes that the kernel has taken from a socket and the other end's kernel has not acknowledged; 0 where that cannot be asked. */
export type Unacknowledged = (socket: Socket) => number;

/** SIOCOUTQ, the number of TIOCOUTQ (tcp(7), asm-generic/ioctls.h). */
const siocoutq = 0x5411;

/**
 * How full a socket's send buffer is. A kernel takes megabytes before it lets a slow line be felt, which are seconds of old pictures:
 * whoever gets no acknowledgements from the application asks the kernel. Linux; elsewhere the answer is 0.
 */
export async function unacknowledgedBytes(): Promise<Unacknowledged> {
  if (process.platform !== 'linux') return () => 0;
  // Here and not above: where there is nothing to ask, no machine code is loaded for it.
  const { default: koffi } = await import('koffi');
  const ioctl = koffi.load(null).func('ioctl', 'int', ['int', 'unsigned long', 'void *']) as (
    descriptor: number,
    request: number,
    answer: Int32Array,
  ) => number;
  const answer = new Int32Array(1);
  return (socket) => {
    const descriptor = (socket as Socket & { readonly _handle?: { readonly fd?: number } })._handle?.fd ?? -1;
    if (descriptor < 0 || ioctl(descriptor, siocoutq, answer) !== 0) return 0;
    return answer[0] as number;
  };
}
