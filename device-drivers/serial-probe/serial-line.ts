import { execFile } from 'node:child_process';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { AppError, type ErrorCode, printable } from '../../src/app-error.ts';

/** A serial line that is open: what arrives is told, what is written leaves at once. */
export interface SerialLine {
  /** Throws `serial-probe/…` where the line does not take it. */
  write(text: string): void;
  close(): void;
}

export interface SerialListener {
  received(bytes: Uint8Array): void;
  /** The line is gone, once. */
  lost(fault: AppError): void;
}

const patienceMs = 2000;

/**
 * Opens a terminal device without a line discipline in the way: 8 data bits, no echo, no flow control (stty(1), POSIX). The rate means
 * nothing to CDC-ACM, whose bytes travel over USB. serialport, the usual package, stalls on this Node.
 */
export async function openSerialLine(path: string, baud: number, listener: SerialListener, signal: AbortSignal): Promise<SerialLine> {
  const descriptor = opened(path);
  let stream: ReadStream;
  try {
    await configured(path, baud, signal);
    stream = terminalOf(descriptor, path);
  } catch (thrown) {
    closeSync(descriptor);
    throw thrown;
  }
  let open = true;
  const close = (): void => {
    open = false;
    stream.destroy();
    closeOwn(descriptor);
  };
  const lost = (reason: string): void => {
    if (!open) return;
    close();
    listener.lost(serialError('device/gone', path, reason));
  };
  stream.on('data', (bytes: Buffer) => {
    if (open) listener.received(bytes);
  });
  stream.on('error', (thrown) => lost(thrown.message));
  stream.on('end', () => lost('it hung up'));
  stream.on('close', () => lost('it was closed'));
  return {
    write(text) {
      if (!open) throw serialError('device/gone', path, 'it was closed');
      try {
        writeSync(descriptor, text);
      } catch (thrown) {
        const code = (thrown as NodeJS.ErrnoException).code ?? '';
        throw serialError(['EIO', 'ENXIO', 'ENODEV', 'EBADF'].includes(code) ? 'device/gone' : 'serial-probe/silent', path, code);
      }
    },
    close() {
      if (open) close();
    },
  };
}

function terminalOf(descriptor: number, path: string): ReadStream {
  try {
    return new ReadStream(descriptor);
  } catch (thrown) {
    throw refusalOf(path, thrown);
  }
}

/** libuv reads from a copy that it opens and closes itself; where it could not open one it has closed ours already. */
function closeOwn(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {
    return;
  }
}

const refusals: Readonly<Record<string, ErrorCode>> = {
  EACCES: 'serial-probe/no-rights',
  EPERM: 'serial-probe/no-rights',
  EBUSY: 'serial-probe/busy',
  ENOENT: 'device/not-found',
  ENODEV: 'device/not-found',
  ENXIO: 'device/not-found',
};

/** What a refusal of the system means for a serial line. */
export function refusalOf(path: string, thrown: unknown): AppError {
  const code = (thrown as NodeJS.ErrnoException).code ?? String(thrown);
  return serialError(refusals[code] ?? 'serial-probe/refused', path, code);
}

const serialError = (code: ErrorCode, path: string, reason: string): AppError =>
  new AppError(code, { device: printable(path, 120), reason: printable(reason, 120) });

function opened(path: string): number {
  try {
    // It must not become the terminal that controls us, and a line without carrier must not hold us.
    return openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  } catch (thrown) {
    throw refusalOf(path, thrown);
  }
}

function configured(path: string, baud: number, signal: AbortSignal): Promise<void> {
  const file = process.platform === 'darwin' ? '-f' : '-F';
  const words = [file, path, `${baud}`, 'raw', '-echo', 'cs8', '-parenb', '-cstopb', '-crtscts', 'clocal', 'min', '1', 'time', '0'];
  return new Promise((resolve, reject) => {
    execFile('stty', words, { signal, timeout: patienceMs, killSignal: 'SIGKILL' }, (fault, _, stderr) => {
      if (fault === null) resolve();
      else reject(serialError('serial-probe/refused', path, stderr.trim() || fault.message));
    });
  });
}
