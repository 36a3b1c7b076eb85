import type { SourceState } from '../src/protocol/messages.ts';

/** What the picture on the screen is. Only `live` may be taken for the patient as he is now. */
export const liveStates = ['live', 'held', 'not-live', 'reconnecting', 'waiting'] as const;
export type LiveState = (typeof liveStates)[number];

export interface LiveFacts {
  /** The line to the server is up and has answered lately. */
  readonly connected: boolean;
  readonly source: SourceState | undefined;
  /** Server clock, microseconds; undefined before the server told it. */
  readonly nowUs: number | undefined;
  /** How far off that can be; undefined before the first ping was answered. */
  readonly clockErrorUs: number | undefined;
  /** For how long the line has been up and no ping answered. */
  readonly unsureMs: number;
  /** Capture time of the newest frame drawn; undefined before the first. */
  readonly capturedUs: number | undefined;
  /** A picture older than this is not live. */
  readonly notLiveMs: number;
  /** Capture time of the frame that was on the screen when it was last found not live. */
  readonly condemnedUs: number | undefined;
}

export interface LiveVerdict {
  readonly state: LiveState;
  /** Age of the picture; undefined where there is no picture or no clock. Below zero where a clock is wrong. */
  readonly ageMs: number | undefined;
  /** To be handed in as `condemnedUs` next time. */
  readonly condemnedUs: number | undefined;
}

/** A line that is up answers its first ping sooner than this; until then a picture is not called anything. */
const unsureLongestMs = 1000;

const brokenSources: ReadonlySet<SourceState> = new Set(['closed', 'faulted', 'lost', 'stopped']);

/**
 * Decides what the picture is. Whatever is not known counts against it: without a clock, a line and a fresh frame nothing is live.
 * A picture once found not live stays so until another frame is drawn, also when the clock is corrected or the source says it streams.
 */
export function judge(facts: LiveFacts): LiveVerdict {
  const { connected, source, nowUs, clockErrorUs, unsureMs, capturedUs, notLiveMs, condemnedUs } = facts;
  const ageMs = nowUs === undefined || capturedUs === undefined ? undefined : (nowUs - capturedUs) / 1000;
  if (!connected) return { state: 'reconnecting', ageMs, condemnedUs: capturedUs };
  if (capturedUs === undefined) return { state: 'waiting', ageMs, condemnedUs: undefined };
  if (source === 'held') return { state: 'held', ageMs, condemnedUs: undefined };
  const broken = source === undefined || brokenSources.has(source);
  // A picture from the future is as doubtful as an old one: some clock is off by so much.
  const farthestMs = ageMs === undefined ? Number.POSITIVE_INFINITY : Math.abs(ageMs) + (clockErrorUs ?? 0) / 1000;
  const sure = clockErrorUs !== undefined || unsureMs < unsureLongestMs;
  const fresh = farthestMs <= notLiveMs && sure && condemnedUs !== capturedUs;
  if (broken || !fresh) return { state: 'not-live', ageMs, condemnedUs: capturedUs };
  if (clockErrorUs === undefined) return { state: 'waiting', ageMs, condemnedUs: undefined };
  return { state: 'live', ageMs, condemnedUs: undefined };
}
