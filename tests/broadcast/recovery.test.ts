import { describe, expect, it } from 'vitest';
import { Line, TierChoice } from '../../src/broadcast/line.ts';
import { isVideoTier, type TierName } from '../../src/protocol/tiers.ts';

/** Of 1024x768 in grey at 30 frames/s: what a frame of each tier takes. */
const frameBytes: Record<TierName, number> = {
  raw: 786_432,
  exact: 160_000,
  video: 24_000,
  'video-thin': 6000,
  still: 80_000,
  thin: 30_000,
};
const [fps, stepMs, reviewMs, pingMs] = [30, 1, 200, 1000];

interface Bearing {
  readonly bytesPerSecond: number;
  readonly wayMs: number;
  /** A lost packet holds back all that follows. */
  readonly stall?: { readonly everyMs: number; readonly forMs: number };
}

/**
 * A line in its own time, one millisecond after the other, with the parts that judge and choose as they are: what a viewer beyond it has
 * at each moment. Frames leave while the window has room, and each is acknowledged when it has arrived.
 */
class LineInItsOwnTime {
  readonly #tiers: readonly TierName[];
  #line = new Line();
  #choice: TierChoice;
  readonly #underWay: {
    readonly bytes: number;
    readonly capturedMs: number;
    readonly sentMs: number;
    readonly arrivesMs: number;
    readonly heardMs: number;
  }[] = [];
  #nowMs = 0;
  changes = 0;
  /** Of the frame that arrived last. */
  ageMs = 0;
  #busyUntilMs = 0;
  /** When the newest frame that has not left was captured. */
  #newestMs: number | undefined;

  constructor(tiers: readonly TierName[]) {
    this.#tiers = tiers;
    this.#choice = new TierChoice(tiers, tiers[2] ?? tiers[0]!);
  }

  get tier(): TierName {
    return this.#choice.tier;
  }

  get #underWayBytes(): number {
    return this.#underWay.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Until `until` holds, at most so long; answers how long that took. */
  run(bearing: Bearing, mostMs: number, until: (tier: TierName) => boolean = () => false): number {
    const fromMs = this.#nowMs;
    // The first ping comes before the first frame.
    if (fromMs === 0) this.#line.roundTrip(2 * bearing.wayMs, 0);
    while (this.#nowMs - fromMs < mostMs && !until(this.tier)) {
      this.#nowMs += stepMs;
      this.#step(bearing);
    }
    return this.#nowMs - fromMs;
  }

  #step(bearing: Bearing): void {
    const nowMs = this.#nowMs;
    while (nowMs >= (this.#underWay[0]?.heardMs ?? Number.POSITIVE_INFINITY)) {
      const { bytes, capturedMs, sentMs, arrivesMs } = this.#underWay.shift()!;
      this.#line.carried(bytes, sentMs, arrivesMs);
      this.ageMs = arrivesMs - capturedMs;
    }
    if (nowMs % pingMs === 0) this.#line.roundTrip(Math.max(0, this.#busyUntilMs - nowMs) + 2 * bearing.wayMs, nowMs);
    if (Math.floor((nowMs * fps) / 1000) > Math.floor(((nowMs - stepMs) * fps) / 1000)) this.#newestMs = nowMs;
    const window = this.#line.window(1000 / fps) + (isVideoTier(this.tier) ? 2 : 0);
    if (this.#newestMs !== undefined && this.#underWay.length < window) this.#send(this.#newestMs, bearing);
    if (nowMs % reviewMs === 0) this.#review(bearing);
  }

  #send(capturedMs: number, { bytesPerSecond, wayMs, stall }: Bearing): void {
    const bytes = frameBytes[this.tier];
    this.#newestMs = undefined;
    let beginsMs = Math.max(this.#nowMs, this.#busyUntilMs);
    if (stall !== undefined && beginsMs % stall.everyMs < stall.forMs) beginsMs += stall.forMs - (beginsMs % stall.everyMs);
    this.#busyUntilMs = beginsMs + (bytes * 1000) / bytesPerSecond;
    const arrivesMs = this.#busyUntilMs + wayMs;
    this.#underWay.push({ bytes, capturedMs, sentMs: this.#nowMs, arrivesMs, heardMs: arrivesMs + wayMs });
  }

  #review(bearing: Bearing): void {
    const oldestMs = this.#nowMs - (this.#underWay[0]?.sentMs ?? this.#nowMs);
    const stuck = oldestMs > 500;
    const bytes = this.#underWayBytes;
    if (oldestMs > 1000 && this.#busyUntilMs > this.#nowMs + 250 && bytes > 65_536) {
      // Hopeless: the server cuts the line off, and the viewer comes back with the least.
      this.#underWay.length = 0;
      this.#busyUntilMs = this.#nowMs;
      this.#line = new Line();
      this.#line.roundTrip(2 * bearing.wayMs, this.#nowMs);
      this.#choice = new TierChoice(this.#tiers, this.#tiers.at(-1)!);
      return;
    }
    const bears = stuck ? (bytes * 1000) / oldestMs : undefined;
    const now = bears ?? this.#line.bytesPerSecond;
    const burst = bears === undefined ? this.#line.burst : { bytesPerSecond: bears, orMore: false };
    const needOf = (tier: TierName): number => fps * frameBytes[tier];
    const before = this.tier;
    if (this.#choice.review({ now, burst, stuck }, needOf, () => false, this.#nowMs) !== before) this.changes++;
  }
}

const thin: Bearing = { bytesPerSecond: 250_000, wayMs: 40, stall: { everyMs: 2000, forMs: 200 } };
const withVideo: readonly TierName[] = ['raw', 'exact', 'video', 'video-thin'];
const withoutVideo: readonly TierName[] = ['raw', 'exact', 'still', 'thin'];

describe('a line that was thin for a while and recovers has its quality back within five seconds', () => {
  it.each([
    { name: '1 Gbit/s in the house', wide: { bytesPerSecond: 118e6, wayMs: 0.3 }, tiers: withVideo, best: 'raw' },
    { name: '1 Gbit/s in the house, no video', wide: { bytesPerSecond: 118e6, wayMs: 0.3 }, tiers: withoutVideo, best: 'raw' },
    { name: '300 Mbit/s', wide: { bytesPerSecond: 37.5e6, wayMs: 1 }, tiers: withVideo, best: 'raw' },
    { name: '100 Mbit/s', wide: { bytesPerSecond: 11.8e6, wayMs: 2 }, tiers: withVideo, best: 'exact' },
    { name: '100 Mbit/s, no video', wide: { bytesPerSecond: 11.8e6, wayMs: 2 }, tiers: withoutVideo, best: 'exact' },
    { name: '50 Mbit/s across the country', wide: { bytesPerSecond: 6e6, wayMs: 10 }, tiers: withVideo, best: 'exact' },
    { name: '10 Mbit/s over the air', wide: { bytesPerSecond: 1.2e6, wayMs: 25 }, tiers: withVideo, best: 'video' },
  ] as const)('$name', ({ wide, tiers, best }) => {
    const line = new LineInItsOwnTime(tiers);
    line.run(wide, 20_000);
    expect(line.tier).toBe(best);
    for (const thinForMs of [3000, 20_000, 60_000]) {
      line.run(thin, thinForMs);
      expect(line.tier).toBe(tiers.at(-1));
      expect(line.run(wide, 20_000, (tier) => tier === best)).toBeLessThan(5000);
      // And it stays.
      const changes = line.changes;
      line.run(wide, 60_000);
      expect(line.tier).toBe(best);
      expect(line.changes).toBe(changes);
    }
  });
});

it('who reads at half the rate gets pictures that waited for nothing but themselves', () => {
  const line = new LineInItsOwnTime(['raw']);
  const halfRate: Bearing = { bytesPerSecond: (frameBytes.raw * fps) / 2, wayMs: 0.2 };
  line.run(halfRate, 300_000);
  let oldestMs = 0;
  line.run(halfRate, 10_000, () => {
    oldestMs = Math.max(oldestMs, line.ageMs);
    return false;
  });
  // Two intervals to read it, and at most one that it waited for the one before.
  expect(oldestMs).toBeLessThan((3.1 * 1000) / fps);
});
