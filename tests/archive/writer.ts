import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { keptOf, markOf, openArchive } from './examples.ts';

/** Keeps marks and stills as fast as it can until it is killed, and says on standard output what was acknowledged: `<what> <id> <revision>`. */
const [folder = ''] = process.argv.slice(2);
const archive = await openArchive(folder);
const open = (await archive.open())?.examination ?? (await archive.openExamination(undefined, markOf(0).author));
const { examination } = open;
/** Nothing of it stays in this process. */
const acknowledge = (line: string): number => writeSync(1, `${line}\n`);

async function keepMarks(): Promise<never> {
  for (;;) {
    const mark = { ...markOf(0), mark: randomBytes(8).toString('hex') };
    await archive.putMarks(examination, [mark], mark.author);
    acknowledge(`mark ${mark.mark} 1`);
    await archive.putMarks(examination, [{ ...mark, revision: 2 }], mark.author);
    acknowledge(`mark ${mark.mark} 2`);
  }
}

async function keepStills(): Promise<never> {
  for (;;) {
    const still = { ...keptOf(0), kept: randomBytes(8).toString('hex') };
    await archive.keepFile(examination, still, async (path) => {
      await writeFile(path, still.kept.repeat(200));
      return still;
    });
    acknowledge(`kept ${still.kept} 1`);
  }
}

if (archive.state$.value.state !== 'ready') throw new Error(JSON.stringify(archive.state$.value));
acknowledge('ready');
await Promise.all([keepMarks(), keepMarks(), keepMarks(), keepStills()]);
