import { randomBytes } from 'node:crypto';
import { BehaviorSubject } from 'rxjs';
import { AppError } from '../app-error.ts';
import type { ArchiveState, Examination, Patient } from '../protocol/examination-messages.ts';
import type { ExaminationRecord } from './record.ts';

/** Until the archive is bound to the desk: an examination that ends with the server. */
export function memoryRecord(nowUs: () => number): ExaminationRecord {
  let open: Examination | undefined;
  const need = (): Examination => {
    if (open === undefined) throw new AppError('examination/none-open');
    return open;
  };
  return {
    state$: new BehaviorSubject<ArchiveState>({ state: 'ready' }),
    open: async () => undefined,
    async openExamination(patient: Patient | undefined) {
      const examination = `2.25.${BigInt(`0x${randomBytes(16).toString('hex')}`)}`;
      const counts = { stills: 0, clips: 0, marks: 0 };
      open = { examination, ...(patient && { patient }), anonymous: patient === undefined, openedUs: nowUs(), ...counts };
      return open;
    },
    async closeExamination() {
      const closed = { ...need(), closedUs: nowUs() };
      open = undefined;
      return closed;
    },
    reopenExamination: (examination) => Promise.reject(new AppError('examination/unknown', { examination })),
    async namePatient(_examination, patient) {
      open = { ...need(), patient, anonymous: false };
      return open;
    },
    find: async () => ({ examinations: open === undefined ? [] : [open], more: false }),
    content: (examination) => Promise.reject(new AppError('examination/unknown', { examination })),
    putMarks: async () => undefined,
    removeMark: async () => undefined,
    calibrate: async () => undefined,
    putBookmark: async () => undefined,
    keepFile: () => Promise.reject(new AppError('examination/off', { what: 'keep' })),
    putKept: async () => undefined,
    removeKept: async () => undefined,
    fileOf: () => '',
  };
}
