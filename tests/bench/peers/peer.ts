import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';

/** A program beside ours that does the same work when it is told to, so that both are measured in turns. */
export class Peer implements Disposable {
  readonly name: string;
  readonly version: string;
  readonly #names: ReadonlySet<string>;
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

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
    const lines: Interface = createInterface({ input: child.stdout as NonNullable<typeof child.stdout> });
    const answers = lines[Symbol.asyncIterator]();
    const greeting = await Promise.race([answers.next(), ended]);
    if (greeting === undefined || greeting.done === true) return undefined;
    return new Peer(name, child, answers, JSON.parse(greeting.value));
  }

  has(work: string): boolean {
    return this.#names.has(work);
  }

  /** Milliseconds of each of so many runs. */
  async run(work: string, times: number): Promise<number[]> {
    this.#child.stdin?.write(`${work} ${times}\n`);
    const { value } = await this.#answers.next();
    return JSON.parse(value);
  }

  [Symbol.dispose](): void {
    this.#child.stdin?.end();
  }
}
