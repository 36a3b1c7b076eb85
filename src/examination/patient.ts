import { AppError } from '../app-error.ts';
import { refuseMarkup } from '../marks/mark.ts';
import type { Patient } from '../protocol/examination-messages.ts';

/** Throws marks/markup, examination/bad-message; nothing of the patient is repeated. */
export function checkPatient({ name, id, born }: Patient): void {
  refuseMarkup(name);
  refuseMarkup(id);
  if (name.trim() === '') throw new AppError('examination/bad-message', { where: 'patient.name', reason: 'is blank' });
  const date = new Date(born ?? 0);
  if (born !== undefined && (Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== born))
    throw new AppError('examination/bad-message', { where: 'patient.born', reason: 'is no date' });
}
