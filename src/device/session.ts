import { AppError, asAppError, type ErrorReport } from '../app-error.ts';
import { monotonicNs, sleepUntil } from './clock.ts';

/** What a session tells of its device; the times are added by who listens. */
export type SessionStatus =
  | { readonly state: 'opening'; readonly attempts: number }
  | { readonly state: 'faulted'; readonly attempts: number; readonly error: ErrorReport; readonly retryInMs: number };

export interface SessionSettings {
  readonly driver: string;
  /** Runs the driver once: resolves when the signal stopped it, throws when the device broke. */
  run(signal: AbortSignal): Promise<void>;
  /** True when the run that just ended had delivered a frame: the next attempt starts from the shortest wait. */
  delivered(): boolean;
  report(status: SessionStatus): void;
  /** Is handed what cuts the wait for the next attempt short, each time such a wait begins. */
  waiting(hurry: () => void): void;
}

const shortestWaitMs = 250;
const longestWaitMs = 5000;

/** Wait before the next start: doubles with every failure, bounded. */
export function backOffMs(failures: number): number {
  return Math.min(longestWaitMs, shortestWaitMs * 2 ** Math.max(0, failures - 1));
}

/** Runs a driver until the signal stops it; a driver that breaks or ends by itself is started again after a wait. */
export async function runSession(settings: SessionSettings, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    settings.report({ state: 'opening', attempts: failures });
    const error = await attempt(settings, signal);
    if (error === undefined) return;
    failures = settings.delivered() ? 1 : failures + 1;
    const retryInMs = backOffMs(failures);
    settings.report({ state: 'faulted', attempts: failures, error: error.toJSON(), retryInMs });
    const hurried = new AbortController();
    settings.waiting(() => hurried.abort());
    await sleepUntil(monotonicNs() + BigInt(retryInMs * 1e6), AbortSignal.any([signal, hurried.signal])).catch(() => undefined);
  }
}

async function attempt(settings: SessionSettings, signal: AbortSignal): Promise<AppError | undefined> {
  try {
    await settings.run(signal);
  } catch (thrown) {
    if (signal.aborted) return undefined;
    return asAppError(thrown, 'device/crashed', { driver: settings.driver });
  }
  if (signal.aborted) return undefined;
  return new AppError('device/crashed', { driver: settings.driver, reason: 'it ended by itself' });
}
