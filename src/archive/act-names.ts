import type { Acts } from './acts.ts';
import type { Scope } from './scope.ts';

export type ActName = keyof Acts;
export type Given<Act extends ActName> = Acts[Act] extends (scope: Scope, given: infer G) => unknown ? G : never;
export type Result<Act extends ActName> = Awaited<ReturnType<Acts[Act]>>;

/** What only looks, and what takes less room than it frees: done on a full disk too. */
export const actsOnFullDisk: ReadonlySet<ActName> = new Set([
  'openContent',
  'contentOf',
  'keptNamed',
  'findExaminations',
  'lastClosedUs',
  'closeExamination',
  'removeMark',
  'removeBookmark',
  'removeKept',
]);

export const actsThatLook: ReadonlySet<ActName> = new Set(['openContent', 'contentOf', 'keptNamed', 'findExaminations', 'lastClosedUs']);
