import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { AppError, printable } from '../../src/app-error.ts';
import { Receiver } from '../../src/openigtlink/receiver.ts';
import type { DeviceDriver } from '../driver.ts';
import { options } from './options.ts';
import { Sender } from './sender.ts';

const connectPatienceMs = 5000;
const placeOf = (host: string, port: number): string => `${printable(host, 80)}:${port}`;

/** Images and poses of any OpenIGTLink server, protocol versions 1 to 3: PLUS and whatever stands behind it. */
export const openigtlink: DeviceDriver<typeof options> = {
  name: 'openigtlink',
  options,
  async discover() {
    return [];
  },
  configured({ host, port }) {
    const place = placeOf(host, port);
    return { name: 'OpenIGTLink server', identity: `openigtlink:${place}`, place };
  },
  async run(context, signal) {
    const place = placeOf(context.options.host, context.options.port);
    const sender = new Sender(context);
    const receiver = await Receiver.open(context.options.longestMiB * 2 ** 20, sender);
    const socket = connect({
      host: context.options.host,
      port: context.options.port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 5000,
    });
    const stopped = (): void => void socket.destroy();
    signal.addEventListener('abort', stopped, { once: true });
    try {
      await connected(socket, place, signal);
      await received(socket, receiver, sender, place, signal);
    } finally {
      signal.removeEventListener('abort', stopped);
      sender[Symbol.dispose]();
      socket.destroy();
    }
  },
};

async function connected(socket: Socket, place: string, signal: AbortSignal): Promise<void> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(connectPatienceMs)]);
  try {
    await once(socket, 'connect', { signal: patience });
  } catch (thrown) {
    if (signal.aborted) return;
    const reason = patience.aborted ? 'no answer' : printable((thrown as Error).message);
    throw new AppError('openigtlink/no-connection', { place, reason }, { cause: thrown });
  }
}

/** Until the signal or the end of the line, which is an error: what was there is gone. */
function received(socket: Socket, receiver: Receiver, sender: Sender, place: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const over = (reason: string): void => {
      if (!signal.aborted) sender.release();
      if (signal.aborted) resolve();
      else reject(new AppError('openigtlink/connection-lost', { place, reason }));
    };
    sender.failed = reject;
    if (signal.aborted) {
      resolve();
      return;
    }
    socket.on('data', (chunk: Buffer) => {
      try {
        receiver.receive(chunk);
      } catch (thrown) {
        reject(thrown);
      }
    });
    socket.on('error', (thrown) => over(printable(thrown.message)));
    socket.on('close', () => over('the other end closed it'));
  });
}
