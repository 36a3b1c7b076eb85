import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import helmet from '@fastify/helmet';
import serveStatic from '@fastify/static';
import fastify, { type FastifyInstance } from 'fastify';
import { WebSocketServer } from 'ws';
import { AppError, asAppError } from '../app-error.ts';
import type { Room } from '../config/room.ts';
import { type ClockAnchor, monotonicNs, unixUs } from '../device/clock.ts';
import type { Stream } from '../stream/stream.ts';
import { isLoopback, refuseForeign, refuseOpenAddress } from './access.ts';
import { metricsOf } from './metrics.ts';
import { Viewer, type ViewerHost } from './viewer.ts';

export const subprotocol = 'lumencast.v1';
const clientFolder = resolve(import.meta.dirname, '../../web-client/dist');
/** The longest message of a viewer; set-stage with every option filled stays far below. */
const longestMessageBytes = 16 * 1024;
const linePeriodMs = 5000;
const reviewPeriodMs = 200;

export interface Server {
  /** Where to open the monitor. */
  readonly address: string;
  close(): Promise<void>;
}

/** Opens the door: the monitor's files, `/healthz`, `/metrics` and the WebSocket at `/ws`. */
export async function openServer(room: Room, streams: readonly Stream[], clock: ClockAnchor, version: string): Promise<Server> {
  refuseOpenAddress(room.host);
  if (!existsSync(resolve(clientFolder, 'index.html'))) throw new AppError('server/not-built', { path: 'web-client/dist' });
  const viewers = new Map<number, Viewer>();
  const http = await openHttp(streams, viewers);
  const sockets = acceptViewers(http, viewers, room, {
    server: `lumencast ${version}`,
    room: room.room,
    streams,
    messagesPerSecond: room.limits.messagesPerSecond,
    nowUs: () => unixUs(clock, monotonicNs()),
    isLoopback,
  });
  const timers = [
    setInterval(() => everyViewer(viewers, (viewer) => viewer.tellStats()), 1000),
    setInterval(() => everyViewer(viewers, (viewer) => viewer.review()), reviewPeriodMs),
    setInterval(() => everyViewer(viewers, (viewer) => viewer.checkLine()), linePeriodMs),
  ];

  await listen(http, room);
  return {
    address: addressOf(http.server.address() as AddressInfo),
    async close() {
      for (const timer of timers) clearInterval(timer);
      // RFC 6455 §7.4.1: 1001, going away. Who does not answer is cut off.
      everyViewer(viewers, (viewer) => viewer.close(1001, 'the server ends'));
      const patience = setTimeout(() => everyViewer(viewers, (viewer) => viewer.terminate()), 300);
      sockets.close();
      http.server.closeAllConnections();
      await http.close();
      clearTimeout(patience);
    },
  };
}

async function openHttp(streams: readonly Stream[], viewers: ReadonlyMap<number, Viewer>): Promise<FastifyInstance> {
  const http = fastify({ logger: false, bodyLimit: 1024, forceCloseConnections: true, requestTimeout: 10_000 });
  http.addHook('onRequest', async (request) => refuseForeign(request.raw));
  http.setErrorHandler(async (thrown, _request, reply) => {
    const known = thrown instanceof AppError;
    const status = known ? 403 : ((thrown as { statusCode?: number }).statusCode ?? 500);
    await reply.code(status).send(known ? thrown.toJSON() : { code: 'http', message: status < 500 ? 'bad request' : 'failed' });
  });
  await http.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        // The kernels are WebAssembly.
        scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
        // zstd comes as WebAssembly inside its script, which is read back through a data: URL.
        connectSrc: ["'self'", 'data:'],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        workerSrc: ["'self'", 'blob:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // Shared WebAssembly memory exists on cross-origin isolated pages only.
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginEmbedderPolicy: { policy: 'require-corp' },
    strictTransportSecurity: false,
  });
  await http.register(serveStatic, { root: clientFolder, cacheControl: false });
  const registry = metricsOf(streams, viewers);
  http.get('/metrics', async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));
  http.get('/healthz', async () => health(streams, viewers));
  return http;
}

function health(streams: readonly Stream[], viewers: ReadonlyMap<number, Viewer>): object {
  const fine = (stream: Stream): boolean => ['streaming', 'held', 'stopped'].includes(stream.status.state);
  return {
    status: streams.every(fine) ? 'ok' : 'degraded',
    viewers: viewers.size,
    streams: streams.map(({ id, name, status, counts, ageMs }) => ({
      id,
      name,
      state: status.state,
      ageMs: ageMs === undefined ? null : Math.round(ageMs),
      fps: counts.fps,
      captured: counts.captured,
      lost: counts.lost,
      ...(status.error && { error: status.error }),
    })),
  };
}

function acceptViewers(http: FastifyInstance, viewers: Map<number, Viewer>, room: Room, host: ViewerHost): WebSocketServer {
  let nextId = 1;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: longestMessageBytes,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  });
  http.server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => undefined);
    const refusal = refusalOf(() => {
      refuseForeign(request);
      if (viewers.size >= room.limits.viewers) throw new AppError('access/too-many-viewers', { limit: room.limits.viewers });
    });
    if (request.url !== '/ws' || refusal !== undefined) {
      const status =
        refusal === undefined ? '404 Not Found' : refusal.code.startsWith('access/too') ? '503 Service Unavailable' : '403 Forbidden';
      const body = JSON.stringify(refusal ?? { message: 'the WebSocket is at /ws' });
      socket.end(
        `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const viewer = new Viewer(nextId++, webSocket, request.socket.remoteAddress ?? '', host);
      viewers.set(viewer.id, viewer);
      webSocket.on('close', () => viewers.delete(viewer.id));
    });
  });
  return sockets;
}

function refusalOf(check: () => void): AppError | undefined {
  try {
    check();
  } catch (thrown) {
    return asAppError(thrown, 'access/origin-refused', { origin: 'this request' });
  }
  return undefined;
}

async function listen(http: FastifyInstance, { host, port }: Room): Promise<void> {
  try {
    await http.listen({ host, port });
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EADDRINUSE') throw new AppError('server/port-busy', { host, port }, { cause: thrown });
    throw thrown;
  }
}

function addressOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/`;
}

function everyViewer(viewers: ReadonlyMap<number, Viewer>, act: (viewer: Viewer) => void): void {
  for (const viewer of viewers.values()) act(viewer);
}
