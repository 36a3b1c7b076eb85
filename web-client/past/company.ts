import type { Loop, Pace, Rate } from './pace.ts';

/** Where the one that leads stands, and how it goes on. */
export interface Lead {
  /** Undefined: it is not there yet. */
  readonly atUs: number | undefined;
  readonly playing: boolean;
  /** By which time runs; undefined where it stands, also while a frame is waited for. */
  readonly pace: Pace | undefined;
  readonly rate: Rate;
  readonly loop: Loop | undefined;
  /** A hand goes over the time: something quick to see is worth more than something fine. */
  readonly handMoves: boolean;
}

/** A player that can lead others and be led. */
export interface Member {
  readonly lead: Lead;
  /** Capture time of the frame on its canvas. */
  readonly shownUs: number | undefined;
  /** Goes where another one leads from now on, until `lead` or `leave` is called. */
  follow(lead: Lead): void;
  /** Goes on of its own, as it was led. */
  takeLead(): void;
  /** Stands where it is, on its own. */
  leave(): void;
  /** What is to be shown at that time is here, or does not come. */
  has(us: number): boolean;
  /** Those that were waited for are there. */
  goOn(): void;
}

/**
 * Players of the past of several streams that show the same moment: each the newest frame that was captured by then. Whoever was touched
 * last leads.
 */
export class Company {
  readonly #members = new Map<number, Member>();
  #enabled = true;
  #leader: number | undefined;
  #due = false;

  set enabled(enabled: boolean) {
    if (enabled === this.#enabled) return;
    this.#enabled = enabled;
    if (!enabled) for (const [, member] of this.#led()) member.leave();
    else this.#lead();
  }

  /** `leads`: because somebody went there, and not because others did. */
  join(stream: number, member: Member, leads: boolean): void {
    this.#members.set(stream, member);
    if (leads) this.#leader = stream;
    this.#leader ??= stream;
    if (this.#enabled) this.#lead();
  }

  /** Where to begin for whoever joins without leading; undefined: nobody leads. */
  get lead(): Lead | undefined {
    return this.#leader === undefined || !this.#enabled ? undefined : this.#members.get(this.#leader)?.lead;
  }

  /** Its place is given up. */
  forget(stream: number): void {
    this.#members.delete(stream);
    if (this.#leader !== stream) return;
    for (const member of this.#members.values()) member.leave();
    this.#leader = this.#members.keys().next().value;
  }

  /** Somebody has laid a hand on the time of that one. */
  touch(stream: number): void {
    const member = this.#members.get(stream);
    if (member === undefined || stream === this.#leader) return;
    this.#leader = stream;
    if (this.#enabled) member.takeLead();
  }

  /** Something of that one is another than before. */
  changed(stream: number): void {
    if (!this.#enabled || this.#members.size < 2 || !this.#members.has(stream)) return;
    this.#due ||= stream === this.#leader;
    queueMicrotask(() => {
      if (this.#due) this.#lead();
      const leader = this.#leader === undefined ? undefined : this.#members.get(this.#leader);
      if (leader?.lead.atUs !== undefined && this.othersHave(this.#leader, leader.lead.atUs)) leader.goOn();
    });
  }

  /** Whether those that are led by that one can show that time. */
  othersHave(stream: number | undefined, us: number): boolean {
    if (!this.#enabled || stream !== this.#leader) return true;
    return this.#led().every(([, member]) => member.has(us));
  }

  /** How much later the picture of that one was captured than that of the one that leads; undefined: there is nothing to compare. */
  apartMs(stream: number): number | undefined {
    if (!this.#enabled || this.#members.size < 2 || this.#leader === undefined) return undefined;
    const [own, leading] = [this.#members.get(stream)?.shownUs, this.#members.get(this.#leader)?.shownUs];
    return own === undefined || leading === undefined ? undefined : (own - leading) / 1000;
  }

  #led(): readonly [number, Member][] {
    return [...this.#members].filter(([stream]) => stream !== this.#leader);
  }

  #lead(): void {
    this.#due = false;
    if (this.#leader === undefined) return;
    const lead = this.#members.get(this.#leader)?.lead;
    if (lead === undefined) return;
    for (const [, member] of this.#led()) member.follow(lead);
  }
}
