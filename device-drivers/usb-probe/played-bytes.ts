import type { DriverContext } from '../driver.ts';
import type { Probe, ScanSettings } from './probe.ts';
import { lendingTo } from './probe-run.ts';

/** Recorded bytes of a probe through its own parser, at the pace of its lines. */
export class PlayedBytes {
  readonly #probe: Probe;
  readonly #bytes: Uint8Array;
  readonly #scan: ScanSettings;

  constructor(probe: Probe, bytes: Uint8Array, scan: ScanSettings) {
    this.#probe = probe;
    this.#bytes = bytes;
    this.#scan = scan;
  }

  /** Until the signal stops it; a recording that is not begun again is held at its end. */
  async run(context: DriverContext<unknown>, loop: boolean, signal: AbortSignal): Promise<void> {
    const probe = this.#probe;
    context.announce(probe.format(this.#scan), {
      modality: 'ultrasound',
      synthetic: false,
      description: `${probe.title}, recorded scan lines`,
    });
    try {
      let startedAtNs = context.now();
      do startedAtNs = await this.#once(context, startedAtNs);
      while (loop);
      context.hold('the recording has ended');
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    }
  }

  /** Answers when the next line is due. */
  async #once(context: DriverContext<unknown>, startedAtNs: bigint): Promise<bigint> {
    const { lineBytes, lineIntervalUs, queues } = this.#probe;
    const [{ transferBytes, endpoint }] = queues as readonly [Probe['queues'][number]];
    const parser = this.#probe.parser(lendingTo(context, () => undefined));
    let dueNs = startedAtNs;
    for (let at = 0; at < this.#bytes.length; at += transferBytes) {
      const part = this.#bytes.subarray(at, at + transferBytes);
      parser.push(part, dueNs, endpoint);
      dueNs += BigInt(Math.round((part.length / lineBytes) * lineIntervalUs * 1000));
      await context.sleepUntil(dueNs);
    }
    return dueNs;
  }
}
