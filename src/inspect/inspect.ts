import { basename } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AppError, asAppError, printable } from '../app-error.ts';
import type { InspectAnswer, InspectNews, InspectTask } from './inspect-worker.ts';
import { inWords } from './report.ts';

export interface InspectSettings {
  readonly json: boolean;
  /** Mean and checksum of every frame; else only the first one is decoded, to know that it can be. */
  readonly pixels: boolean;
  /** Time for one frame; a file one of whose frames takes longer has failed. Default 10 s. */
  readonly frameMs?: number;
}

const openMs = 60_000;
const usualFrameMs = 10_000;

/** Says of each file what it is, one line a file; answers the exit status: 1 when a file failed. */
export async function inspectFiles(files: readonly string[], settings: InspectSettings, tell: (line: string) => void): Promise<number> {
  const { json, pixels, frameMs = usualFrameMs } = settings;
  await using inspector = new Inspector(frameMs);
  let status = 0;
  for (const path of files) {
    const file = printable(basename(path), 120);
    const answer = await inspector.ask({ path, file, all: pixels });
    if (answer.news === 'report') {
      tell(json ? JSON.stringify(answer.report) : inWords(answer.report));
      continue;
    }
    status = 1;
    const { code, message, remedy } = answer.error;
    tell(json ? JSON.stringify({ file, ok: false, ...answer.error }) : `${file}: ${code}: ${message}; ${remedy}`);
  }
  return status;
}

/** A thread that can be ended: a codec that hangs in a frame cannot be asked to stop. */
class Inspector implements AsyncDisposable {
  readonly #frameMs: number;
  #worker: Worker | undefined;

  constructor(frameMs: number) {
    this.#frameMs = frameMs;
  }

  ask(task: InspectTask): Promise<InspectAnswer> {
    this.#worker ??= new Worker(new URL('./inspect-worker.ts', import.meta.url), { name: 'inspector' });
    const worker = this.#worker;
    const { file } = task;
    return new Promise((resolve) => {
      let frame = 0;
      const end = (answer: InspectAnswer): void => {
        clearTimeout(timer);
        worker.off('message', hear).off('error', fail);
        resolve(answer);
      };
      const giveUp = (error: AppError): void => {
        end({ news: 'failed', error: error.toJSON() });
        this.#worker = undefined;
        void worker.terminate();
      };
      const fail = (thrown: unknown): void => giveUp(asAppError(thrown, 'replay/not-readable', { file }));
      const late = (ms: number): void => giveUp(new AppError('replay/decoder-silent', { file, frame, seconds: ms / 1000 }));
      const hear = (news: InspectNews): void => {
        if (news.news !== 'frame') {
          end(news);
          return;
        }
        frame = news.frame;
        clearTimeout(timer);
        timer = setTimeout(late, this.#frameMs, this.#frameMs);
      };
      let timer = setTimeout(late, openMs, openMs);
      worker.on('message', hear).on('error', fail);
      worker.postMessage(task);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate();
  }
}
