import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileEnd, keptName, partEnd, studyName } from './file-names.ts';
import type { Database } from './sqlite.ts';

export interface KeptPlace {
  readonly study: string;
  readonly id: string;
}

export interface Leftovers {
  /** Kept, but their files are gone. */
  readonly missing: readonly KeptPlace[];
  /** Files that no row tells of: of a process that ended before it was acknowledged, or of a store that lost rows. They stay. */
  readonly unknown: readonly KeptPlace[];
  /** Still being written when their process ended. */
  readonly torn: readonly KeptPlace[];
}

/** Clears what was discarded, and unless `keepsTorn` what was still being written: at the start, when nobody writes. */
export async function clearLeftovers(folder: string, database: Database, keepsTorn: boolean): Promise<Leftovers> {
  const rows = await database.selectFrom('kept').select(['study', 'id', 'removed']).execute();
  const known = new Set(rows.map(({ study, id }) => join(study, id)));
  for (const { study, id, removed } of rows) if (removed === 1) rmSync(join(folder, study, id + fileEnd), { force: true });
  const [unknown, torn]: [KeptPlace[], KeptPlace[]] = [[], []];
  for (const study of readdirSync(folder).filter((name) => studyName.test(name))) {
    const names = readdirSync(join(folder, study));
    for (const name of names.filter((name) => name.endsWith(partEnd))) {
      const id = name.slice(0, -partEnd.length);
      if (keepsTorn && keptName.test(id) && !known.has(join(study, id))) torn.push({ study, id });
      else rmSync(join(folder, study, name), { force: true });
    }
    const ids = names.filter((name) => name.endsWith(fileEnd)).map((name) => name.slice(0, -fileEnd.length));
    for (const id of ids) if (!known.has(join(study, id))) unknown.push({ study, id });
  }
  return { missing: missingOf(folder, rows), unknown, torn };
}

function missingOf(folder: string, rows: readonly (KeptPlace & { readonly removed: number })[]): KeptPlace[] {
  return rows
    .filter(({ study, id, removed }) => removed === 0 && !existsSync(join(folder, study, id + fileEnd)))
    .map(({ study, id }) => ({ study, id }));
}
