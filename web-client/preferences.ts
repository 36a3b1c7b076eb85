import { tierNames } from '../src/protocol/tiers.ts';
import { type ClipLead, clipLeadsS } from './past/rewinding.ts';
import { type Language, languageFor, languages } from './words/words.ts';
import type { Quality } from './worker-messages.ts';

/** The panel beside the pictures; one that only a machine with devices has is not come back to. */
export const panelNames = ['none', 'results', 'examination', 'wall', 'people'] as const;
export type PanelName = (typeof panelNames)[number];

/** What a user has chosen for this browser; no patient data. What nobody chose is absent, except the language, which is the browser's own. */
export interface Preferences {
  readonly language: Language;
  readonly quality?: Quality;
  readonly inStep?: boolean;
  readonly panel?: PanelName;
  readonly clipLeadS?: ClipLead;
  readonly marksHidden?: boolean;
}

const place = 'lumencast.preferences';
const qualities: readonly Quality[] = ['auto', ...tierNames];

const among =
  <Value>(values: readonly Value[]) =>
  (kept: unknown): Value | undefined =>
    values.find((value) => value === kept);

/** The one record: what each of its entries may be. */
const parse: { readonly [Name in keyof Preferences]-?: (kept: unknown) => Preferences[Name] | undefined } = {
  language: among(languages),
  quality: among(qualities),
  inStep: among([true, false]),
  panel: among(panelNames),
  clipLeadS: among(clipLeadsS),
  marksHidden: among([true, false]),
};

/** `storage` may throw, where a browser allows none. What was chosen before; an entry that is none of those that can be chosen is as if nobody had. */
export function readPreferences(storage: () => Pick<Storage, 'getItem'>, wanted: readonly string[]): Preferences {
  return { language: languageFor(wanted), ...chosenIn(storage) };
}

/** Keeps what is chosen now beside what was chosen before. Where the browser keeps nothing it holds until the page is closed. */
export function keepPreferences(storage: () => Pick<Storage, 'getItem' | 'setItem'>, chosen: Partial<Preferences>): void {
  try {
    storage().setItem(place, JSON.stringify({ ...chosenIn(storage), ...chosen }));
  } catch {
    return;
  }
}

function chosenIn(storage: () => Pick<Storage, 'getItem'>): Partial<Preferences> {
  const kept = keptIn(storage);
  const entries = Object.entries(parse).map(([name, entry]) => [name, entry(kept[name])] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function keptIn(storage: () => Pick<Storage, 'getItem'>): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(storage().getItem(place) ?? '{}');
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
