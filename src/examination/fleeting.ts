import type { ServerMessage } from '../protocol/messages.ts';
import { type Audience, sees } from './audience.ts';
import type { Member } from './member.ts';

export type Drafted = Extract<ServerMessage, { type: 'mark-drafted' }>;
export type Pointed = Extract<ServerMessage, { type: 'pointed' }>;
type Shown = Drafted | Pointed;

/** As often as anybody sees a difference. */
const periodMs = 1000 / 30;
/** Who says nothing more has left, or its line has. */
const silentMs = 5000;
/** Of a pointer that is told less often than it moves. */
const mostPoints = 64;

/** What one member shows the others of one kind. */
interface Lane {
  /** What the others see now. */
  shown: Shown | undefined;
  /** To be told when its time has come. */
  waiting: Shown | undefined;
  /** Who was told of it; the others were behind. */
  readonly told: Set<Member>;
  nextMs: number;
  tellTimer: NodeJS.Timeout | undefined;
  silentTimer: NodeJS.Timeout | undefined;
}

/**
 * Marks while they are drawn, and pointers. None of it is kept: the newest is told as often as makes sense, and to whom the line does not
 * bear it, when it does. That it is gone is told to everybody who may have seen it.
 */
export class Fleeting {
  readonly #audience: Audience;
  readonly #lanes = new Map<string, Lane>();

  constructor(audience: Audience) {
    this.#audience = audience;
  }

  show(member: Member, now: Shown): void {
    const key = laneKey(member.id, now.type);
    const lane = this.#lanes.get(key) ?? newLane();
    this.#lanes.set(key, lane);
    clearTimeout(lane.silentTimer);
    if (isGone(now)) {
      // What took its way to here is still to be seen as it fades.
      this.#tellWaiting(member, lane);
      this.#end(key, member, lane);
      return;
    }
    lane.silentTimer = setTimeout(() => this.#end(key, member, lane), silentMs);
    lane.waiting = joined(lane.waiting, now);
    const waitMs = lane.nextMs - performance.now();
    if (waitMs <= 0) this.#tellWaiting(member, lane);
    else lane.tellTimer ??= setTimeout(() => this.#tellWaiting(member, lane), waitMs);
  }

  /** The draft has become a mark. */
  becameMark(member: Member, mark: string): void {
    const key = laneKey(member.id, 'mark-drafted');
    const lane = this.#lanes.get(key);
    if (lane === undefined || (!isDraftOf(lane.shown, mark) && !isDraftOf(lane.waiting, mark))) return;
    this.#end(key, member, lane);
  }

  /** The member has left. */
  forget(member: Member): void {
    for (const type of ['mark-drafted', 'pointed'] as const) {
      const key = laneKey(member.id, type);
      const lane = this.#lanes.get(key);
      if (lane !== undefined) this.#end(key, member, lane);
    }
  }

  close(): void {
    for (const { tellTimer, silentTimer } of this.#lanes.values()) {
      clearTimeout(tellTimer);
      clearTimeout(silentTimer);
    }
    this.#lanes.clear();
  }

  #tellWaiting(member: Member, lane: Lane): void {
    clearTimeout(lane.tellTimer);
    lane.tellTimer = undefined;
    const { waiting, shown } = lane;
    if (waiting !== undefined) {
      lane.waiting = undefined;
      if (shown !== undefined && !isSamePlace(shown, waiting)) this.#tellOthers(member, gone(shown));
      lane.shown = waiting;
      lane.told.clear();
    }
    if (lane.shown === undefined) return;
    lane.nextMs = performance.now() + periodMs;
    const isOneBehind = this.#tellOthers(member, lane.shown, lane.told);
    if (isOneBehind) lane.tellTimer = setTimeout(() => this.#tellWaiting(member, lane), periodMs);
  }

  #end(key: string, member: Member, lane: Lane): void {
    clearTimeout(lane.tellTimer);
    clearTimeout(lane.silentTimer);
    this.#lanes.delete(key);
    if (lane.shown !== undefined) this.#tellOthers(member, gone(lane.shown));
  }

  /** With `told`: only those who are not in it and not behind, who are in it then. Answers whether one was behind. */
  #tellOthers(member: Member, message: Shown, told?: Set<Member>): boolean {
    let text: string | undefined;
    let isOneBehind = false;
    for (const other of this.#audience.members) {
      if (other === member || !sees(other, message.stream) || told?.has(other)) continue;
      if (told !== undefined && other.isBehind()) {
        isOneBehind = true;
        continue;
      }
      told?.add(other);
      text ??= JSON.stringify(message);
      other.tellText(text);
    }
    return isOneBehind;
  }
}

const newLane = (): Lane => ({
  shown: undefined,
  waiting: undefined,
  told: new Set(),
  nextMs: 0,
  tellTimer: undefined,
  silentTimer: undefined,
});

const laneKey = (viewer: number, type: Shown['type']): string => `${viewer} ${type}`;

const isGone = (shown: Shown): boolean => (shown.type === 'pointed' ? shown.points.length === 0 : shown.shape === undefined);

const isDraftOf = (shown: Shown | undefined, mark: string): boolean => shown?.type === 'mark-drafted' && shown.mark === mark;

function isSamePlace(before: Shown, now: Shown): boolean {
  if (before.stream !== now.stream || before.kept !== now.kept) return false;
  if (before.type === 'pointed' && now.type === 'pointed') return before.atUs === now.atUs;
  return before.type === 'mark-drafted' && now.type === 'mark-drafted' && before.mark === now.mark;
}

/** A pointer's way is told whole, a draft as it looks now. */
function joined(waiting: Shown | undefined, now: Shown): Shown {
  if (waiting?.type !== 'pointed' || now.type !== 'pointed' || !isSamePlace(waiting, now)) return now;
  return { ...now, points: [...waiting.points, ...now.points].slice(-mostPoints) };
}

function gone(shown: Shown): Shown {
  if (shown.type === 'pointed') return { ...shown, points: [], drawing: false };
  const { shape: _, picture: __, ...rest } = shown;
  return rest;
}
