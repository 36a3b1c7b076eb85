import { AppError, asAppError, type ErrorCode, type ErrorReport } from '../app-error.ts';
import { monotonicNs, sleepUntil } from './clock.ts';

/** What a session tells of its device; the times are added by who listens. */
export type SessionStatus =
  | { readonly state: 'opening'; readonly attempts: number }
  | { readonly state: 'faulted'; readonly attempts: number; readonly error: ErrorReport; readonly retryInMs: number }
  /** The device is not attached: its name, as far as it is known. Told once, however often it is looked for meanwhile. */
  | { readonly state: 'lost'; readonly attempts: number; readonly error: ErrorReport; readonly waitsFor: string };

export interface SessionSettings {
  readonly driver: string;
  /** Runs the driver once: resolves when the signal stopped it, throws when the device broke. */
  run(signal: AbortSignal): Promise<void>;
  /** True when the run that just ended had delivered a frame: the next attempt starts from the shortest wait. */
  delivered(): boolean;
  report(status: SessionStatus): void;
  /** Is handed, for each attempt, what cuts the wait after it short: it counts also while the attempt is still under way. */
  hurried(hurry: () => void): void;
}

const shortestWaitMs = 250;
const longestWaitMs = 5000;
/** Who watches what is attached hurries the session; this is for where nobody can. */
const lostWaitMs = 2000;
const absent: ReadonlySet<ErrorCode> = new Set(['device/gone', 'device/not-found']);

/** Wait before the next start: doubles with every failure, bounded. */
export function backOffMs(failures: number): number {
  return Math.min(longestWaitMs, shortestWaitMs * 2 ** Math.max(0, failures - 1));
}

/** Runs a driver until the signal stops it; a driver that breaks or ends by itself is started again after a wait. */
export async function runSession(settings: SessionSettings, signal: AbortSignal): Promise<void> {
  let failures = 0;
  let lost = false;
  while (!signal.aborted) {
    if (!lost) settings.report({ state: 'opening', attempts: failures });
    const hurried = new AbortController();
    settings.hurried(() => hurried.abort());
    const error = await attempt(settings, signal);
    if (error === undefined) return;
    const delivered = settings.delivered();
    failures = delivered ? 1 : failures + 1;
    const toldBefore = lost && !delivered;
    lost = absent.has(error.code);
    const retryInMs = lost ? lostWaitMs : backOffMs(failures);
    const told = { attempts: failures, error: error.toJSON() };
    if (!lost) settings.report({ state: 'faulted', ...told, retryInMs });
    else if (!toldBefore) settings.report({ state: 'lost', ...told, waitsFor: String(error.fields.device ?? 'the device') });
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
