import { isAtLeast } from '../../src/protocol/roles.ts';
import { lastLoop, runningClip } from '../examination/examination-state.ts';
import type { Monitor } from '../monitor.ts';

/** What keys and buttons do with time; all of it to the selected stream. */

export function keepStill(monitor: Monitor): void {
  const { selected } = monitor.state;
  const truth = monitor.truths$.value.byStream.get(selected);
  if (truth?.picture === undefined || truth.past?.past.of === 'kept' || !mayKeep(monitor)) return;
  monitor.examining.keepStill(selected, truth.picture.capturedUs);
}

/**
 * Begins a clip, or ends the one that runs. From the live picture it begins so long before the press as was chosen; in the past it begins
 * and ends at the frame that is looked at, and a loop is kept as it is.
 */
export function toggleClip(monitor: Monitor): void {
  const { selected } = monitor.state;
  const truth = monitor.truths$.value.byStream.get(selected);
  const past = truth?.past;
  if (past?.past.of === 'kept' || !mayKeep(monitor)) return;
  const running = runningClip(monitor.examining.state, selected);
  if (running !== undefined) {
    const atUs = past?.picture?.capturedUs;
    // Who looks at what was before it began means now.
    monitor.examining.endClip(running, atUs !== undefined && atUs > running.fromUs ? atUs : undefined);
    return;
  }
  if (past?.loop !== undefined) {
    monitor.examining.keepClip(selected, past.loop.fromUs, past.loop.toUs);
    return;
  }
  const atUs = truth?.picture?.capturedUs;
  if (atUs === undefined) return;
  const leadUs = past === undefined ? monitor.rewinding.state.clipLeadS * 1_000_000 : 0;
  const oldestUs = monitor.rewinding.state.timelines[selected]?.fromUs ?? atUs;
  monitor.examining.keepClip(selected, Math.max(Math.min(oldestUs, atUs), atUs - leadUs));
}

export function showLastLoop(monitor: Monitor): void {
  const { selected } = monitor.state;
  const loop = lastLoop(monitor.examining.state, selected);
  if (loop !== undefined) monitor.rewinding.showKept(selected, loop);
}

/** The moment is that of the press, whatever is written to it after. */
export function beginBookmark(monitor: Monitor): void {
  const { selected } = monitor.state;
  const truth = monitor.truths$.value.byStream.get(selected);
  if (truth?.picture === undefined || truth.past?.past.of === 'kept' || !monitor.examining.state.told) return;
  monitor.rewinding.setBookmarking({ stream: selected, atUs: truth.picture.capturedUs });
}

/** A bookmark nearest behind or before what is looked at. */
export function goToBookmark(monitor: Monitor, direction: 1 | -1): void {
  const { selected } = monitor.state;
  const atUs = monitor.truths$.value.byStream.get(selected)?.picture?.capturedUs;
  if (atUs === undefined) return;
  const times = monitor.examining.state.bookmarks.filter(({ stream }) => stream === selected).map((bookmark) => bookmark.atUs);
  const next = direction === 1 ? times.find((us) => us > atUs) : times.findLast((us) => us < atUs);
  if (next !== undefined) monitor.rewinding.seek(selected, next);
}

/** Whether there is a past to step into, or something else that is stepped through. */
export function canRewind(monitor: Monitor): boolean {
  const { selected } = monitor.state;
  return monitor.rewinding.state.timelines[selected] !== undefined || monitor.rewinding.pastOf(selected) !== undefined;
}

/** Arrow keys, by frames; held down they go on. Answers whether there was anything to step. */
export function stepBy(monitor: Monitor, frames: number): boolean {
  if (!canRewind(monitor)) return false;
  const { selected, frozen } = monitor.state;
  const looksBack = monitor.rewinding.pastOf(selected) !== undefined || frozen[selected] === true;
  if (!looksBack && frames > 0) return false;
  monitor.rewinding.step(selected, frames);
  return true;
}

export function togglePanel(monitor: Monitor): void {
  if (!monitor.examining.state.told) return;
  monitor.act({ act: 'examination-panel', open: !monitor.state.examinationOpen });
  monitor.examining.act({ act: 'clear-search' });
}

/** Whether the pictures of several streams show the same moment, live and past. */
export function toggleInStep(monitor: Monitor): void {
  monitor.act({ act: 'in-step', inStep: !monitor.state.inStep });
}

function mayKeep(monitor: Monitor): boolean {
  return monitor.examining.state.told && isAtLeast(monitor.state.role, 'marker');
}
