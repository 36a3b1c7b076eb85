import type { ReadQueue, ReadSink, Setup, UsbTransport } from '../../device-drivers/usb-probe/usb-transport.ts';

/** One request as a word, so that sequences can be compared: `out 178 1`, `in 184 0 12`, `write 2 100e`, `read 134 512`. */
export const words = {
  tell: ({ request, value = 0 }: Setup): string => `out ${request} ${value}`,
  ask: ({ request, value = 0, index = 0 }: Setup, length: number): string => `in ${request} ${value} ${index} ${length}`,
  write: (endpoint: number, data: Uint8Array): string => `write ${endpoint} ${Buffer.from(data).toString('hex')}`,
  read: (endpoint: number, length: number): string => `read ${endpoint} ${length}`,
};

/** The far end of a cable, for bytes only: notes what is asked, answers noughts, and streams what the test hands it. */
export class NotedLink implements UsbTransport {
  readonly noted: string[] = [];
  /** Requests that are noted, and not taken. */
  refuses: readonly string[] = [];
  readonly streams = new Map<number, ReadSink>();
  #broken: ((error: Error) => void) | undefined;
  #streamsChanged: () => void = () => undefined;

  async tell(setup: Setup): Promise<void> {
    this.noted.push(words.tell(setup));
    if (this.refuses.includes(words.tell(setup))) throw new Error('a stall');
  }

  async ask(setup: Setup, length: number): Promise<Uint8Array> {
    this.noted.push(words.ask(setup, length));
    return new Uint8Array(length);
  }

  async write(endpoint: number, data: Uint8Array): Promise<void> {
    this.noted.push(words.write(endpoint, data));
  }

  async read(endpoint: number, length: number): Promise<Uint8Array> {
    this.noted.push(words.read(endpoint, length));
    return new Uint8Array(length);
  }

  stream({ endpoint }: ReadQueue, sink: ReadSink, signal: AbortSignal): Promise<void> {
    this.streams.set(endpoint, sink);
    this.#streamsChanged();
    return new Promise((resolve, reject) => {
      this.#broken = reject;
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  async close(): Promise<void> {
    this.noted.push('close');
  }

  /** The plug is pulled. */
  break(error: Error): void {
    this.#broken?.(error);
  }

  /** The stream at an endpoint, when it is read. */
  async reading(endpoint: number): Promise<ReadSink> {
    for (;;) {
      const sink = this.streams.get(endpoint);
      if (sink !== undefined) return sink;
      await new Promise<void>((resolve) => {
        this.#streamsChanged = resolve;
      });
    }
  }
}
