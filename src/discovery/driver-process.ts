import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { AppError } from '../app-error.ts';
import type { Answer, Ask, Finding, KnownDriver } from './answer.ts';

const startMs = 15_000;

/** The process in which drivers look for their devices: started when somebody asks, ended when a driver in it falls silent. */
export class DriverProcess {
  readonly #program: URL;
  readonly #patienceMs: number;
  #child: ChildProcess | undefined;
  #drivers: readonly KnownDriver[] = [];

  constructor(program = new URL('./discovery-process.ts', import.meta.url), patienceMs = 3000) {
    this.#program = program;
    this.#patienceMs = patienceMs;
  }

  async drivers(): Promise<readonly KnownDriver[]> {
    await this.#started();
    return this.#drivers;
  }

  /** What a driver finds, or why it could not say. One ask at a time. Throws where it took the process with it, or would not answer. */
  async ask(ask: Ask): Promise<Finding> {
    const child = await this.#started();
    const answered = this.#answer(child, ask.driver, this.#patienceMs);
    child.send(ask, () => undefined);
    const answer = await answered;
    return 'drivers' in answer ? { devices: [] } : answer;
  }

  close(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  async #started(): Promise<ChildProcess> {
    if (this.#child !== undefined) return this.#child;
    const child = fork(this.#program, { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    this.#child = child;
    child.once('exit', () => {
      if (this.#child === child) this.#child = undefined;
    });
    const hello = await this.#answer(child, 'all', startMs);
    this.#drivers = 'drivers' in hello ? hello.drivers : [];
    return child;
  }

  /** The next message of the process; where none comes, the process is of no more use. */
  async #answer(child: ChildProcess, driver: string, patienceMs: number): Promise<Answer> {
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, AbortSignal.timeout(patienceMs)]);
    const died = once(child, 'exit', { signal }).then(([status, killedBy]) => {
      throw new AppError('device/discovery-crashed', { driver, reason: killedBy === null ? `status ${status}` : String(killedBy) });
    });
    try {
      const [answer] = (await Promise.race([once(child, 'message', { signal }), died])) as [Answer];
      return answer;
    } catch (thrown) {
      if (this.#child === child) this.close();
      if (thrown instanceof AppError) throw thrown;
      throw new AppError('device/discovery-silent', { driver, seconds: patienceMs / 1000 });
    } finally {
      over.abort();
      died.catch(() => undefined);
    }
  }
}
