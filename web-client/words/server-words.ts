import type { Caption } from '../../src/marks/mark.ts';
import { captionIn, here, notesIn, personIn } from '../../src/marks/words.ts';
import type { StreamDescription } from '../../src/protocol/messages.ts';
import type { Setting } from '../stage-schema.ts';
import { germanChoices, germanPlaces, germanPresets, germanReasons, germanStages } from './german-server.ts';
import type { Words } from './words.ts';

type Preset = Pick<StreamDescription['presets'][number], 'preset' | 'title' | 'description'>;

/** What a server describes in English, by the names that it uses; what is not known here, of a newer server, stays as it says it. */
export function stageWords({ language }: Words, { stage, title }: { readonly stage: string; readonly title: string }): string {
  return language === 'de' ? (germanStages[stage]?.title ?? title) : title;
}

export function settingWords<Kind extends Setting>({ language }: Words, stage: string, setting: Kind): Kind {
  return language === 'de' ? { ...setting, ...germanStages[stage]?.settings[setting.name] } : setting;
}

/** `hot-iron` → `Hot iron`. */
export function choiceWords({ language }: Words, choice: string | number): string {
  const known = language === 'de' ? germanChoices[choice] : undefined;
  if (known !== undefined) return known;
  const text = String(choice).replaceAll('-', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function presetWords({ language }: Words, { preset, title, description }: Preset): Pick<Preset, 'title' | 'description'> {
  return (language === 'de' ? germanPresets[preset] : undefined) ?? { title, description };
}

/** Where something was lost. In English it is called as the server calls it. */
export function placeWords({ language }: Words, place: string): string {
  return (language === 'de' ? germanPlaces[place] : undefined) ?? place;
}

/** Why a source holds its picture; what a device says itself stays in its language. */
export function reasonWords({ language }: Words, reason: string): string {
  return (language === 'de' ? germanReasons[reason] : undefined) ?? reason;
}

/** Somebody's name as it is shown. */
export const personWords = ({ language }: Words, name: string): string => personIn(language, name);

/** What the server calls the invitation that it makes by itself. */
const first = 'Operator, by the link printed at the start';

/** Whom an invitation is for. */
export function invitedWords({ say }: Words, label: string): string {
  return label === first ? say('people.first-link') : label;
}

/** Whose something is. */
export function byWords({ say }: Words, name: string): string {
  return name === here ? say('people.by-here') : say('examination.by', { author: name });
}

/** Why the values of a mark are what they are: one or more reasons, as src/marks lists them. */
export const noteWords = ({ language }: Words, note: string): string => notesIn(language, note).join(', ');

/** What a mark is called; what somebody typed stays as it is. */
export const captionWords = ({ language }: Words, caption: Caption): string => captionIn(language, caption);
