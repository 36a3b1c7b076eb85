import type { Kept } from '../src/protocol/examination-messages.ts';
import type { StreamDescription } from '../src/protocol/messages.ts';

/** Numbers of streams are small; those above stand for stills and clips that have a place on the wall without a stream. */
const first = 2 ** 31;

/** The number of the tile in which a still or clip stands. */
export const tileOfKept = (kept: string): number => first + Number.parseInt(kept.slice(0, 7), 16);

export const isKeptTile = (stream: number): boolean => stream >= first;

/** What stands for a stream in that tile: nothing of it is live, and nothing can be set. */
export const describeKept = ({ kept, source, modality, fromUs }: Kept): StreamDescription => ({
  id: tileOfKept(kept),
  name: source,
  modality,
  source: '',
  synthetic: false,
  warnings: [],
  epoch: 0,
  regions: [],
  notLiveMs: 0,
  stages: [],
  presets: [],
  status: { state: 'stopped', sinceUs: fromUs, attempts: 0 },
});
