import { contentOf, keptNamed, openContent } from './content.ts';
import { closeExamination, findExaminations, lastClosedUs, namePatient, openExamination, reopen } from './examinations.ts';
import { putKept, removeKept } from './kept-rows.ts';
import { calibrate, putBookmark, putMarks, removeBookmark, removeMark } from './marks.ts';
import type { Scope } from './scope.ts';

/** Everything that the thread of the store does, each within a transaction. */
export const acts = {
  openContent: (scope: Scope, _: Record<string, never>) => openContent(scope),
  contentOf,
  keptNamed,
  findExaminations,
  lastClosedUs,
  openExamination,
  closeExamination,
  reopen: async (scope: Scope, given: Parameters<typeof reopen>[1]) => {
    await reopen(scope, given);
    return await contentOf(scope, given);
  },
  namePatient,
  putMarks,
  removeMark,
  calibrate,
  putBookmark,
  removeBookmark,
  putKept,
  removeKept,
} as const satisfies Record<string, (scope: Scope, given: never) => Promise<unknown>>;

export type Acts = typeof acts;
