import type { Examination, Kept } from '../../src/protocol/examination-messages.ts';
import type { Words } from '../words/words.ts';
import type { Whose } from './whose.ts';

/** Name, number, date of birth and sex, as far as they are known here. */
export function patientText({ say, date }: Words, examination: Pick<Examination, 'patient' | 'anonymous'> | undefined): string {
  if (examination === undefined) return `${say('examination.patient')} —`;
  const { patient, anonymous } = examination;
  if (patient === undefined) return anonymous ? say('examination.anonymous') : say('examination.hidden');
  const { name, id, born, sex } = patient;
  const parts = [name, id, born && say('examination.born', { date: date(new Date(`${born}T00:00`)) }), sex && say(`sex.${sex}`)];
  return parts.filter((part) => part !== undefined && part !== '').join(' · ');
}

/** That a picture is not of the open examination, and of whom it is as far as that may be known here; undefined: it is. */
export function whoseText(words: Words, whose: Whose, isOpen: boolean): string | undefined {
  if (whose.of === 'open') return undefined;
  if (whose.of === 'before') return words.say(isOpen ? 'time.before-examination' : 'time.earlier-examination');
  const { examination } = whose.earlier ?? {};
  const known = examination?.patient !== undefined || examination?.anonymous === true;
  return [words.say('time.earlier-examination'), ...(known ? [patientText(words, examination)] : [])].join(' · ');
}

/** The ISO form of a date as it is typed, 1960-04-02 or 2.4.1960; undefined where it is none. */
export function typedDate(text: string): string | undefined {
  const [, day = '', month = '', year = ''] = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(text) ?? [];
  const iso = year === '' ? text : `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const date = /^\d{4}-\d{2}-\d{2}$/.test(iso) ? new Date(iso) : undefined;
  // The thirtieth of February becomes another day.
  return date !== undefined && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(iso) ? iso : undefined;
}

export function keptName({ say }: Words, { kind, automatic }: Kept): string {
  if (automatic === 'last-image-hold') return say('examination.last-image');
  if (automatic === 'last-loop') return say('examination.last-loop');
  return say(kind === 'still' ? 'examination.still' : 'examination.clip');
}
