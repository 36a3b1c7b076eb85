import type { ServerMessage } from '../protocol/messages.ts';
import type { Stream } from '../stream/stream.ts';

/** What is told of streams when they change: kilobytes each, written once for all viewers. */
export class Descriptions {
  readonly #texts = new Map<Stream, string>();

  /** Before any viewer hears of its news. */
  follow(stream: Stream): void {
    stream.news$.subscribe(() => this.#texts.delete(stream));
  }

  of(stream: Stream): string {
    const text = this.#texts.get(stream) ?? JSON.stringify({ type: 'stream', stream: stream.describe() } satisfies ServerMessage);
    this.#texts.set(stream, text);
    return text;
  }
}
