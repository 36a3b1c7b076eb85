import { BehaviorSubject } from 'rxjs';
import { AppError, asAppError } from '../../src/app-error.ts';
import { errorOf } from '../session.ts';
import type { Language } from '../words/words.ts';
import type { ShownPixels, WireError } from '../worker-messages.ts';
import type { ExportedMark, TruthLine } from './composed-picture.ts';
import type { Container, ExportNews, ExportOrder, PastFrames, PlacedMark } from './export-messages.ts';
import { exportFileName } from './file-name.ts';
import { type ListedMark, type ListHead, measurementsCsv, measurementsJson } from './measurements-file.ts';

/** What is being made; at most one thing at a time. */
export type ExportJob =
  | { readonly state: 'running'; readonly done: number; readonly of: number }
  /** `file`: undefined where it was opened in a page of its own. */
  | { readonly state: 'done'; readonly file: string | undefined; readonly frames: number | undefined }
  | { readonly state: 'failed'; readonly error: WireError };

export interface ExportState {
  readonly open: boolean;
  readonly job: ExportJob | undefined;
}

export type PictureWish =
  | { readonly of: 'shown'; readonly pixels: ShownPixels; readonly marks: readonly ExportedMark[]; readonly truth: TruthLine }
  | { readonly of: 'past'; readonly past: PastFrames; readonly marks: readonly PlacedMark[]; readonly truth: TruthLine };

export interface ClipWish {
  readonly past: PastFrames;
  readonly marks: readonly PlacedMark[];
  readonly truth: TruthLine;
  readonly container: Container;
}

/** Fields of `POST /print`. */
export interface PrintWish {
  readonly examination: string;
  readonly pictures: readonly { readonly kept: string; readonly atUs?: number }[];
  readonly layout: 1 | 2 | 4 | 6;
  readonly paper: 'A4' | 'Letter';
  readonly marks: boolean;
  readonly patient: boolean;
  readonly language: 'en' | 'de';
  readonly timeZone: string;
}

/** A file that is written straight to where somebody wants it, where the browser can do that; else in the browser's own store and then handed out. */
interface Place {
  readonly handle: FileSystemFileHandle;
  readonly handOut: boolean;
}

type Picker = (options: { suggestedName: string }) => Promise<FileSystemFileHandle>;

const storeFolder = 'exports';

/** Makes files of pictures, clips and measurements; knows the state of it. */
export class Exporting {
  readonly state$ = new BehaviorSubject<ExportState>({ open: false, job: undefined });
  #cancel: (() => void) | undefined;

  constructor() {
    void clearStore();
  }

  get state(): ExportState {
    return this.state$.value;
  }

  setOpen(open: boolean): void {
    this.#set({ open, ...(open && this.state.job?.state !== 'running' && { job: undefined }) });
  }

  /** What was made belongs to what was chosen before. */
  forgetJob(): void {
    if (this.state.job?.state !== 'running') this.#set({ job: undefined });
  }

  /** Who is out keeps nothing of what was seen. */
  forget(): void {
    this.cancel();
    this.#set({ open: false, job: undefined });
  }

  cancel(): void {
    this.#cancel?.();
  }

  /** `wished`: undefined where there is no picture, which is said. */
  picture(wished: () => Promise<PictureWish | undefined>): Promise<void> {
    return this.#run(async (signal) => {
      const wish = await wished();
      if (wish === undefined) throw new AppError('export/no-picture');
      const { truth, marks } = wish;
      const order: ExportOrder =
        wish.of === 'past'
          ? { order: 'past-picture', past: wish.past, marks: wish.marks, truth }
          : { order: 'shown-picture', ...wish.pixels, marks, truth };
      const made = await this.#inWorker(order, signal);
      if (made.news !== 'picture') throw new AppError('export/no-picture');
      const file = exportFileName(made.capturedUs, truth.source, 'png');
      offer(made.png, file);
      return { file, frames: undefined };
    });
  }

  clip({ past, marks, truth, container }: ClipWish): Promise<void> {
    return this.#run(async (signal) => {
      const name = exportFileName(past.fromUs, truth.source, container);
      const place = await placeFor(name);
      const made = await this.#inWorker({ order: 'clip', past, marks, truth, container, file: place.handle }, signal);
      if (made.news !== 'clip') throw new AppError('export/no-picture');
      if (place.handOut) offer(await place.handle.getFile(), name);
      return { file: place.handle.name, frames: made.frames };
    });
  }

  measurements(head: ListHead, marks: readonly ListedMark[], format: 'csv' | 'json', language: Language): Promise<void> {
    return this.#run(async () => {
      const text = format === 'csv' ? measurementsCsv(head, marks, language) : measurementsJson(head, marks);
      const file = exportFileName(head.writtenUs, 'measurements', format);
      offer(new Blob([text], { type: format === 'csv' ? 'text/csv;charset=utf-8' : 'application/json' }), file);
      return { file, frames: undefined };
    });
  }

  /** `then`: whether the PDF is saved, or opened where the browser's own dialog prints it. */
  print(wish: PrintWish, then: 'save' | 'open'): Promise<void> {
    // Before anything is waited for: later the browser takes it for something that nobody asked for.
    const page = then === 'open' ? window.open('', '_blank') : null;
    return this.#run(async (signal) => {
      try {
        const answer = await fetch(new URL('print', document.baseURI), {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(wish),
          cache: 'no-store',
          signal,
        });
        if (!answer.ok) throw new Told(await errorOf(answer));
        const pdf = await answer.blob();
        const file = exportFileName(Date.now() * 1000, 'print', 'pdf');
        if (page === null) offer(pdf, file);
        else page.location.href = objectUrl(pdf);
        return { file: page === null ? file : undefined, frames: undefined };
      } catch (thrown) {
        page?.close();
        throw thrown;
      }
    });
  }

  async #run(
    make: (signal: AbortSignal) => Promise<{ readonly file: string | undefined; readonly frames: number | undefined }>,
  ): Promise<void> {
    if (this.state.job?.state === 'running') return;
    const cancelled = new AbortController();
    this.#cancel = () => cancelled.abort();
    this.#set({ job: { state: 'running', done: 0, of: 0 } });
    try {
      this.#set({ job: { state: 'done', ...(await make(cancelled.signal)) } });
    } catch (thrown) {
      const gaveUp = cancelled.signal.aborted || (thrown instanceof DOMException && thrown.name === 'AbortError');
      this.#set({ job: gaveUp ? undefined : { state: 'failed', error: reportOf(thrown) } });
    } finally {
      this.#cancel = undefined;
    }
  }

  /** One worker, one file: to cancel is to end it. */
  #inWorker(order: ExportOrder, signal: AbortSignal): Promise<Exclude<ExportNews, { news: 'progress' | 'failed' }>> {
    const worker = new Worker(new URL('./export-worker.ts', import.meta.url), { type: 'module', name: 'export' });
    const { promise, resolve, reject } = Promise.withResolvers<Exclude<ExportNews, { news: 'progress' | 'failed' }>>();
    worker.onmessage = ({ data }: MessageEvent<ExportNews>) => {
      if (data.news === 'progress') this.#set({ job: { state: 'running', done: data.done, of: data.of } });
      else if (data.news === 'failed') reject(new Told(data.error));
      else resolve(data);
    };
    worker.onerror = ({ message }) => reject(new AppError('export/failed', { reason: message }));
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
    worker.postMessage(order);
    return promise.finally(() => worker.terminate());
  }

  #set(change: Partial<ExportState>): void {
    this.state$.next({ ...this.state, ...change });
  }
}

/** What the server or a worker has said of a failure. */
class Told extends Error {
  readonly error: WireError;

  constructor(error: WireError) {
    super(error.message);
    this.error = error;
  }
}

const reportOf = (thrown: unknown): WireError => (thrown instanceof Told ? thrown.error : asAppError(thrown, 'export/failed').toJSON());

/** What was handed out before is not needed any more: pictures of patients do not stay in a browser. */
async function clearStore(): Promise<void> {
  try {
    const store = await navigator.storage.getDirectory();
    await store.removeEntry(storeFolder, { recursive: true });
  } catch {
    // There is none, or another page is writing into it.
    return;
  }
}

/** Throws export/no-place, and AbortError where somebody has thought better of it. */
async function placeFor(name: string): Promise<Place> {
  const { showSaveFilePicker: pick } = window as unknown as { readonly showSaveFilePicker?: Picker };
  if (pick !== undefined) return { handle: await pick.call(window, { suggestedName: name }), handOut: false };
  try {
    await clearStore();
    const store = await navigator.storage.getDirectory();
    const folder = await store.getDirectoryHandle(storeFolder, { create: true });
    return { handle: await folder.getFileHandle(name, { create: true }), handOut: true };
  } catch (thrown) {
    throw new AppError('export/no-place', {}, { cause: thrown });
  }
}

/** A download may begin a moment after it was asked for. */
const heldMs = 60_000;

function objectUrl(blob: Blob): string {
  const url = URL.createObjectURL(blob);
  setTimeout(() => URL.revokeObjectURL(url), heldMs);
  return url;
}

function offer(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = objectUrl(blob);
  link.download = name;
  link.click();
}
