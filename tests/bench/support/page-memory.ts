import { readFileSync } from 'node:fs';
import type { Browser, CDPSession, Page } from 'playwright-core';

/** What a page holds after a collection of garbage; memory in MB. */
export interface PageMemory {
  readonly heap: number;
  /** Contents of array buffers. */
  readonly buffers: number;
  readonly workers: number;
  readonly workerBuffers: number;
  readonly nodes: number;
  readonly listeners: number;
  readonly documents: number;
}

interface HeapUsage {
  readonly usedSize: number;
  readonly backingStorageSize?: number;
}

/** Asks over the DevTools protocol, whose names these are. */
export class MemoryProbe {
  readonly #session: CDPSession;
  readonly #workers = new Set<string>();
  readonly #waiting = new Map<number, (result: HeapUsage | undefined) => void>();
  #lastId = 0;

  private constructor(session: CDPSession) {
    this.#session = session;
    session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => targetInfo.type === 'worker' && this.#workers.add(sessionId));
    session.on('Target.detachedFromTarget', ({ sessionId }) => this.#workers.delete(sessionId));
    session.on('Target.receivedMessageFromTarget', ({ message }) => {
      const { id, result } = JSON.parse(message) as { id: number; result?: HeapUsage };
      this.#waiting.get(id)?.(result);
      this.#waiting.delete(id);
    });
  }

  static async open(page: Page): Promise<MemoryProbe> {
    const session = await page.context().newCDPSession(page);
    const probe = new MemoryProbe(session);
    await session.send('Performance.enable');
    await session.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
    return probe;
  }

  async read(): Promise<PageMemory> {
    await this.#session.send('HeapProfiler.collectGarbage');
    const [{ metrics }, page] = [await this.#session.send('Performance.getMetrics'), await this.#session.send('Runtime.getHeapUsage')];
    const metric = (name: string): number => metrics.find((one) => one.name === name)?.value ?? Number.NaN;
    const workers = await Promise.all([...this.#workers].map((worker) => this.#heapOf(worker)));
    const sum = (of: (usage: HeapUsage) => number): number => workers.reduce((total, one) => total + (one === undefined ? 0 : of(one)), 0);
    return {
      heap: metric('JSHeapUsedSize') / 1e6,
      buffers: ((page as HeapUsage).backingStorageSize ?? 0) / 1e6,
      workers: sum(({ usedSize }) => usedSize) / 1e6,
      workerBuffers: sum(({ backingStorageSize }) => backingStorageSize ?? 0) / 1e6,
      nodes: metric('Nodes'),
      listeners: metric('JSEventListeners'),
      documents: metric('Documents'),
    };
  }

  async #heapOf(worker: string): Promise<HeapUsage | undefined> {
    await this.#ask(worker, 'HeapProfiler.collectGarbage');
    return this.#ask(worker, 'Runtime.getHeapUsage');
  }

  /** Undefined where the worker ended meanwhile. */
  async #ask(worker: string, method: string): Promise<HeapUsage | undefined> {
    const id = ++this.#lastId;
    const answer = new Promise<HeapUsage | undefined>((resolve) => {
      this.#waiting.set(id, resolve);
      setTimeout(() => resolve(undefined), 10_000).unref();
    });
    await this.#session
      .send('Target.sendMessageToTarget', { sessionId: worker, message: JSON.stringify({ id, method }) })
      .catch(() => undefined);
    return answer;
  }
}

/** Resident memory of a browser's processes, MB. */
export async function residentOf(browser: Browser): Promise<{ renderers: number; others: number }> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const sum = (fits: (type: string) => boolean): number =>
    processInfo.filter(({ type }) => fits(type)).reduce((total, { id }) => total + residentMB(id), 0);
  return { renderers: sum((type) => type === 'renderer'), others: sum((type) => type !== 'renderer') };
}

function residentMB(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1e3;
  } catch {
    return 0;
  }
}
