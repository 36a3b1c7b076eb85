import type { UsbTransport } from './usb-transport.ts';

/**
 * The same link for a long row of requests: once the signal has stopped it, it takes no further one, and throws the signal's reason.
 * The transfer that is under way ends by itself.
 */
export function untilStopped(link: UsbTransport, signal: AbortSignal): UsbTransport {
  const unlessStopped =
    <Given extends readonly unknown[], Answer>(transfer: (...given: Given) => Promise<Answer>) =>
    async (...given: Given): Promise<Answer> => {
      signal.throwIfAborted();
      return transfer(...given);
    };
  return {
    tell: unlessStopped(link.tell.bind(link)),
    ask: unlessStopped(link.ask.bind(link)),
    write: unlessStopped(link.write.bind(link)),
    read: unlessStopped(link.read.bind(link)),
    stream: link.stream.bind(link),
    close: link.close.bind(link),
  };
}
