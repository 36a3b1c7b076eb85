import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Archive } from '../../src/archive/archive.ts';

/** A process that keeps things, and what of them it was told to be on disk. */
export class WritingProcess implements AsyncDisposable {
  /** Newest acknowledged revision, by `<what> <id>`. */
  readonly acknowledged = new Map<string, number>();
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #exit: Promise<unknown>;
  #errors = '';

  constructor(folder: string, program = 'writer.ts') {
    this.#child = spawn(process.execPath, [join(import.meta.dirname, program), folder], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#exit = once(this.#child, 'exit');
    const { stdout, stderr } = this.#child;
    if (stdout === null || stderr === null) throw new Error('no pipes');
    stderr.on('data', (data: Buffer) => {
      this.#errors += data.toString();
    });
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  /** Reads so many acknowledgements. */
  async read(lines: number): Promise<void> {
    for (let read = 0; read < lines; read++) {
      const { value, done } = await this.#lines.next();
      if (done === true) throw new Error(`the writer has ended: ${this.#errors}`);
      this.#note(value);
    }
  }

  /** Stops it where it is; what it has said until then counts. */
  stop(): void {
    this.#child.kill('SIGSTOP');
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
    await this.#exit;
    for (let rest = await this.#lines.next(); rest.done !== true; rest = await this.#lines.next()) this.#note(rest.value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #note(line: string): void {
    const [what, id, revision] = line.split(' ');
    // The last line may be torn.
    if (revision !== undefined && id?.length === 16) this.acknowledged.set(`${what} ${id}`, Number(revision));
  }
}

/** What was acknowledged and is not in the archive. */
export async function lostOf(archive: Archive, acknowledged: ReadonlyMap<string, number>): Promise<string[]> {
  const content = await archive.open();
  if (content === undefined) return acknowledged.size > 0 ? ['the examination'] : [];
  const there = new Map<string, number>(content.marks.map(({ mark, revision }) => [`mark ${mark}`, revision]));
  for (const { kept, state } of content.kept) {
    const file = state === 'kept' ? readFileSync(archive.fileOf(content.examination.examination, kept), 'utf8') : '';
    if (file === kept.repeat(200)) there.set(`kept ${kept}`, 1);
  }
  return [...acknowledged].filter(([what, revision]) => (there.get(what) ?? 0) < revision).map(([what]) => what);
}
