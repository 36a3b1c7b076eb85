import { randomBytes } from 'node:crypto';
import { asAppError } from '../app-error.ts';
import type { Author, Examination, Kept } from '../protocol/examination-messages.ts';
import type { StreamLog } from '../stream/stream.ts';
import type { CurrentExamination } from './current-examination.ts';
import type { Keeping } from './keeping.ts';
import type { AutomaticWish } from './record.ts';
import type { Turns } from './turns.ts';

export interface UnaskedSettings {
  readonly keeping: Keeping;
  readonly turns: Turns;
  readonly current: CurrentExamination;
  readonly log: StreamLog;
  openFor(by: Author): Promise<Examination>;
  /** Whether somebody wants it to stay. */
  isUsed(item: Kept): boolean;
}

/** Who keeps what is kept without being asked for. */
const nobody: Author = { name: 'Lumencast', key: '0000000000000000' };

/** Keeps the last image and the last loop without being asked; each gives way to the next, unless somebody uses it. */
export class Unasked {
  readonly #settings: UnaskedSettings;

  constructor(settings: UnaskedSettings) {
    this.#settings = settings;
  }

  keep(wish: AutomaticWish): void {
    void this.#keep(wish).catch((thrown) => {
      const { code, message } = asAppError(thrown, 'examination/failed');
      this.#settings.log.warn({ code }, `${wish.automatic} was not kept: ${code}: ${message}`);
    });
  }

  async #keep({ stream, automatic, fromUs, toUs }: AutomaticWish): Promise<void> {
    const { keeping, turns, current, openFor, isUsed } = this.#settings;
    const kind = automatic === 'last-loop' ? ('clip' as const) : ('still' as const);
    const begun = await turns.one(`${automatic} ${stream}`, async () => {
      // The examination that it belongs to was closed meanwhile.
      if (toUs < (current.boundaryUs ?? 0)) return undefined;
      const { examination } = await openFor(nobody);
      const wish = { kept: randomBytes(8).toString('hex'), kind, stream, automatic, fromUs, toUs, author: nobody };
      // Not waited for within its turn: a disk that hangs must not keep anybody from marking.
      return { examination, kept: keeping.keepWhole(examination, wish) };
    });
    await begun?.kept;
    // Nobody may be marking what goes now.
    await turns.whole(async () => {
      if (begun !== undefined && current.now?.examination === begun.examination) await keeping.replaceAutomatic(begun.examination, isUsed);
    });
  }
}
