import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as after } from 'node:timers/promises';

/** A program that has not said a word for so long has failed: slow kernels take a second, its own start some. */
const patienceMs = 120_000;

/** A program beside ours that does the same work when it is told to, so that both are measured in turns. */
export class Peer implements Disposable {
  readonly name: string;
  readonly version: string;
  readonly #names: ReadonlySet<string>;
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  #lost = false;

  private constructor(name: string, child: ChildProcess, answers: AsyncIterator<string>, greeting: { version: string; names: string[] }) {
    this.name = name;
    this.version = greeting.version;
    this.#names = new Set(greeting.names);
    this.#child = child;
    this.#answers = answers;
  }

  /** Starts it; undefined where it cannot start. */
  static async start(name: string, program: string, args: readonly string[]): Promise<Peer | undefined> {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    const ended = Promise.race([once(child, 'error'), once(child, 'exit')]).then(() => undefined);
    const answers = createInterface({ input: child.stdout as NonNullable<typeof child.stdout> })[Symbol.asyncIterator]();
    const greeting = await Promise.race([nextOf(answers), ended]);
    if (greeting !== undefined) return new Peer(name, child, answers, JSON.parse(greeting));
    child.kill('SIGKILL');
    return undefined;
  }

  has(work: string): boolean {
    return !this.#lost && this.#names.has(work);
  }

  /** Milliseconds of each of so many runs; undefined: it has ended or does not answer, and is asked no more. */
  async run(work: string, times: number): Promise<number[] | undefined> {
    this.#child.stdin?.write(`${work} ${times}\n`);
    const answer = await nextOf(this.#answers);
    if (answer !== undefined) return JSON.parse(answer);
    this.#lost = true;
    this.#child.kill('SIGKILL');
    return undefined;
  }

  [Symbol.dispose](): void {
    this.#child.stdin?.end();
  }
}

/** The next line; undefined: there is none, or none within all patience. */
async function nextOf(lines: AsyncIterator<string>): Promise<string | undefined> {
  const answered = new AbortController();
  const late = after(patienceMs, undefined, { signal: answered.signal }).catch(() => undefined);
  const line = await Promise.race([lines.next(), late]);
  answered.abort();
  return line === undefined || line.done === true ? undefined : line.value;
}
