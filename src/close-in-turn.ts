import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from './app-error.ts';

/** What is closed at the end. */
export interface Closing {
  readonly what: string;
  close(): Promise<unknown> | undefined;
}

interface ClosingLog {
  warn(fields: object, text: string): void;
}

/** A disk that does not answer must not keep a device running. */
const usualPatienceMs = 6000;

/** Closes one after the other. What fails, or takes longer than `patienceMs`, is told of, and keeps nothing behind it from being closed. */
export async function closeInTurn(closings: readonly Closing[], log: ClosingLog, patienceMs = usualPatienceMs): Promise<void> {
  for (const { what, close } of closings) {
    const failure = await failureOf(close, patienceMs);
    if (failure === undefined) continue;
    const { code, message } = new AppError('server/not-closed', { what, reason: failure });
    log.warn({ code }, `${code}: ${message}`);
  }
}

/** Why it could not be closed; undefined: it is closed. */
async function failureOf(close: Closing['close'], patienceMs: number): Promise<string | undefined> {
  const closed = new AbortController();
  const late = wait(patienceMs, 'it takes too long', { signal: closed.signal }).catch(() => undefined);
  try {
    return await Promise.race([Promise.resolve(close()).then(() => undefined), late]);
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  } finally {
    closed.abort();
  }
}
