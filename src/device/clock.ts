/** The host's monotonic clock in nanoseconds: CLOCK_MONOTONIC, the same in every thread. */
export const monotonicNs = (): bigint => process.hrtime.bigint();

/** Ties the monotonic clock to the calendar once, so that a jump of the wall clock never changes the age of a picture. */
export interface ClockAnchor {
  readonly monotonicNs: bigint;
  readonly unixUs: number;
}

export function anchorClock(): ClockAnchor {
  return { monotonicNs: monotonicNs(), unixUs: Date.now() * 1000 };
}

/** Unix time in microseconds of a moment of the monotonic clock. */
export function unixUs(anchor: ClockAnchor, atNs: bigint): number {
  return anchor.unixUs + Math.round(Number(atNs - anchor.monotonicNs) / 1000);
}

/** Resolves at the given time of the monotonic clock; rejects with the signal's reason when aborted. */
export function sleepUntil(atNs: bigint, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const waitMs = Number(atNs - monotonicNs()) / 1e6;
    // A late caller still yields, so that a driver that is always late cannot starve its own stop.
    if (waitMs <= 0) {
      setImmediate(resolve);
      return;
    }
    const stopped = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stopped);
      resolve();
    }, waitMs);
    signal.addEventListener('abort', stopped, { once: true });
  });
}
