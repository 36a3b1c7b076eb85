/** Memory of a device in this process; `bytes` must not be touched after `unmap`. */
export interface Mapping {
  readonly bytes: Uint8Array;
  unmap(): void;
}

/** The calls to the operating system through which a video device is spoken to. Failures are numbers of errno.h. */
export interface VideoSystem {
  /** Opens for reading and writing without blocking: a descriptor, or the negative error number. */
  open(path: string): number;
  close(descriptor: number): void;
  /** 0, or the error number. */
  call(descriptor: number, request: number, argument: Uint8Array): number;
  /** Shared memory of the device, or the error number. */
  map(descriptor: number, bytes: number, offset: number): Mapping | number;
  /** Calls `ready` while the device has something, an error included, once a turn of the event loop, until the answer is called. */
  watch(descriptor: number, ready: () => void): () => void;
}

// fcntl.h and sys/mman.h, the same on all Linux systems of 64 bits but MIPS and PA-RISC.
const openFlags = 0o2 | 0o4000 | 0o2000000;
const readAndWrite = 3;
const sharedMapping = 1;

/** Linux's own, through the C library that Node is linked with. Rejects where there is none. */
export async function linuxSystem(): Promise<VideoSystem> {
  // Here and not above: whoever has no grabber loads no machine code for it.
  const { default: koffi } = await import('koffi');
  const library = koffi.load(null);
  const open = library.func('int open(const char *path, int flags)') as (path: string, flags: number) => number;
  const close = library.func('int close(int descriptor)') as (descriptor: number) => number;
  const ioctl = library.func('ioctl', 'int', ['int', 'unsigned long', 'void *']) as (fd: number, request: number, at: Uint8Array) => number;
  const mmap = library.func('mmap', 'void *', ['void *', 'size_t', 'int', 'int', 'int', 'int64_t']) as (
    ...words: [null, number, number, number, number, number]
  ) => bigint | null;
  const munmap = library.func('munmap', 'int', ['void *', 'size_t']) as (at: bigint, bytes: number) => number;
  const interrupted = koffi.os.errno.EINTR as number;
  return {
    open(path) {
      const descriptor = open(path, openFlags);
      return descriptor < 0 ? -koffi.errno() : descriptor;
    },
    close: (descriptor) => void close(descriptor),
    call(descriptor, request, argument) {
      while (ioctl(descriptor, request, argument) < 0) {
        const errno = koffi.errno();
        if (errno !== interrupted) return errno;
      }
      return 0;
    },
    map(descriptor, bytes, offset) {
      const at = mmap(null, bytes, readAndWrite, sharedMapping, descriptor, offset);
      if (at === null || BigInt.asIntN(64, at) === -1n) return koffi.errno();
      return { bytes: new Uint8Array(koffi.view(at, bytes)), unmap: () => void munmap(at, bytes) };
    },
    watch(descriptor, ready) {
      // libuv's own poll: costs no thread, where a call that blocks would hold one of the few that the process has. koffi calls back
      // outside of Node's own scope, in which promises and ticks would wait for some other event.
      let watching = true;
      const handle = koffi.node.poll(descriptor, { readable: true, disconnect: true }, () => {
        setImmediate(() => {
          if (watching) ready();
        });
      });
      return () => {
        watching = false;
        handle.close();
      };
    },
  };
}
