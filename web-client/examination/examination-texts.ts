import type { Examination, Kept } from '../../src/protocol/examination-messages.ts';
import type { Words } from '../words/words.ts';

/** Name, number, date of birth and sex, as far as they are known here. */
export function patientText({ say }: Words, examination: Examination | undefined): string {
  if (examination === undefined) return `${say('examination.patient')} —`;
  const { patient, anonymous } = examination;
  if (patient === undefined) return anonymous ? say('examination.anonymous') : say('examination.hidden');
  const { name, id, born, sex } = patient;
  const parts = [name, id, born && say('examination.born', { date: born }), sex && say(`sex.${sex}`)];
  return parts.filter((part) => part !== undefined && part !== '').join(' · ');
}

export function keptName({ say }: Words, { kind, automatic }: Kept): string {
  if (automatic === 'last-image-hold') return say('examination.last-image');
  if (automatic === 'last-loop') return say('examination.last-loop');
  return say(kind === 'still' ? 'examination.still' : 'examination.clip');
}
