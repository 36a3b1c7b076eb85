import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import serveStatic from '@fastify/static';
import fastify from 'fastify';
import { Value } from 'typebox/value';
import { type WebSocket, WebSocketServer } from 'ws';
import { AppError } from '../app-error.ts';
import { type StepOrder, type StepShown, StepShownSchema } from '../protocol/step.ts';

const clientFolder = resolve(import.meta.dirname, '../../web-client/dist');
/** A page that is hidden draws nothing. */
const patienceMs = 3000;

/** Serves the page that turns white and black, to this machine alone, and tells when it did. */
export class StepScreen {
  readonly address: string;
  readonly #http: ReturnType<typeof fastify>;
  readonly #sockets: WebSocketServer;
  #page: WebSocket | undefined;
  #requests = 0;

  private constructor(http: ReturnType<typeof fastify>) {
    this.#http = http;
    const { port } = http.server.address() as AddressInfo;
    const origin = `http://127.0.0.1:${port}`;
    this.address = `${origin}/step.html`;
    this.#sockets = new WebSocketServer({
      server: http.server,
      path: '/step',
      maxPayload: 1024,
      // No page of another origin may make this screen flash, or say that it did.
      verifyClient: ({ origin: from }: { origin: string }) => from === origin,
    });
    this.#sockets.on('connection', (page) => {
      page.on('error', () => undefined);
      this.#page?.close();
      this.#page = page;
    });
  }

  static async open(port: number): Promise<StepScreen> {
    if (!existsSync(resolve(clientFolder, 'step.html'))) throw new AppError('server/not-built', { path: 'web-client/dist' });
    const http = fastify({ logger: false, bodyLimit: 1024, forceCloseConnections: true });
    await http.register(serveStatic, { root: clientFolder, cacheControl: false });
    try {
      await http.listen({ host: '127.0.0.1', port });
    } catch (thrown) {
      throw new AppError('server/port-busy', { host: '127.0.0.1', port }, { cause: thrown });
    }
    return new StepScreen(http);
  }

  /** Resolves when the page was opened. */
  async opened(signal: AbortSignal): Promise<void> {
    if (this.#page === undefined) await once(this.#sockets, 'connection', { signal });
  }

  /** Turns the page; resolves with the time when it was on the screen, on this process' `performance` clock. Throws `calibrate/page-gone`. */
  async show(white: boolean): Promise<number> {
    const page = this.#page;
    const request = this.#requests++;
    const order: StepOrder = { request, white };
    const sentMs = performance.now();
    page?.send(JSON.stringify(order), () => undefined);
    const { heldMs, agoMs } = await this.#answer(page, request);
    const arrivedMs = performance.now();
    // The way there and back is what was not spent in the page; half of it is the way back.
    const wayBackMs = Math.max(0, arrivedMs - sentMs - heldMs) / 2;
    return arrivedMs - wayBackMs - agoMs;
  }

  async close(): Promise<void> {
    for (const page of this.#sockets.clients) page.terminate();
    this.#sockets.close();
    await this.#http.close();
  }

  async #answer(page: WebSocket | undefined, request: number): Promise<StepShown> {
    const signal = AbortSignal.timeout(patienceMs);
    try {
      if (page === undefined) throw new AppError('calibrate/page-gone', { seconds: 0 });
      for (;;) {
        const [data] = (await once(page, 'message', { signal })) as [Buffer];
        const shown = readAnswer(data.toString());
        if (shown?.request === request) return shown;
      }
    } catch (thrown) {
      throw new AppError('calibrate/page-gone', { seconds: patienceMs / 1000 }, { cause: thrown });
    }
  }
}

function readAnswer(text: string): StepShown | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Value.Check(StepShownSchema, value) ? value : undefined;
  } catch {
    return undefined;
  }
}
