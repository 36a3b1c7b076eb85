import { readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** A thread so much nicer has a third of the weight of another (sched(7)), and all of a core that nobody else wants. */
const nicer = 5;
const nicest = 19;

/**
 * Lets other threads run before the one that calls this: where cores are short the record waits in its memory, and live pictures do not.
 * Threads have priorities of their own on Linux alone (setpriority(2)); elsewhere nothing happens.
 */
export function giveWay(): void {
  try {
    // PID/task/TID
    const thread = Number(readlinkSync('/proc/thread-self').split('/')[2]);
    if (thread > 0) setPriority(thread, Math.min(nicest, getPriority(thread) + nicer));
  } catch {
    return;
  }
}
